"""A forecast as it is kept: times, the middle, two bands, and how such forecasts did on this recording before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from medstation.api import BadInput, FileSource, Finding, Json, Metrics, PredictionDraft, Record
from medstation_signals.backtest import backtest, columns
from medstation_signals.bands import Bands, swing_of
from medstation_signals.forecast_model import Forecaster, usable_origins
from medstation_signals.series import Series
from medstation_signals.units import target
from medstation_signals.words import duration_text

KIND = "forecast"
DIGITS = 4


@dataclass(frozen=True)
class Forecast:
    """`times` are seconds from the recording's start; `bands` are {level in %: (low, high)}; values in `unit`."""

    channel: str
    unit: str
    times: np.ndarray
    median: np.ndarray
    bands: Mapping[int, tuple[np.ndarray, np.ndarray]]


def decode(payload: bytes) -> Forecast:
    """The forecast of a payload; `BadInput` when it is none."""
    try:
        data = json.loads(payload)
        bands = {int(level): (np.array(one["low"]), np.array(one["high"])) for level, one in data["bands"].items()}
        return Forecast(
            str(data["channel"]), str(data["unit"]), np.array(data["time_s"]), np.array(data["median"]), bands
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"this is no forecast: {error}", "Run the model again.") from error


def draft(forecaster: Forecaster, bands: Bands, lookback: int, season: int, series: Series) -> PredictionDraft:
    """The forecast after the last known value of `series`, its findings, and the recording's own backtest."""
    values = series.values
    origins = usable_origins(values, lookback)
    if not len(origins):
        raise BadInput(
            f"the recording has {len(values)} values, the forecast needs {lookback} of which half are known",
            "Choose a longer recording, or a model with a shorter look-back.",
        )
    test = backtest(forecaster, bands, lookback, values)
    last = origins[-1:]
    median = forecaster.forecast(values, last)
    swing = swing_of(values, last, lookback, bands.floor)
    low, high = bands.edges(median, swing, test.widths[:, None])
    times = series.first + series.step * (last[0] + np.arange(1, forecaster.horizon + 1))
    factor = series.factor
    content: Json = {
        "channel": series.name,
        "unit": series.unit,
        "step_s": series.step,
        "time_s": _list(times),
        "median": _list(median[0] * factor),
        "bands": {
            level: {"low": _list(low[number, 0] * factor), "high": _list(high[number, 0] * factor)}
            for number, level in enumerate(("50", "90"))
        },
        "backtest": columns(test, values, season),
    }
    payload = json.dumps(content).encode()
    made = decode(payload)
    own = content["backtest"]
    covered = own["in_90"] / own["n"] if own["n"] else None
    summary = {"horizon_s": series.step * forecaster.horizon, "last": _said(made, -1), "covered_90": covered}
    return PredictionDraft(KIND, payload, findings_of(made, float(times[0]) - series.step), None, summary)


def _list(values: np.ndarray) -> list[float]:
    return [round(float(value), DIGITS) for value in values]


def _said(forecast: Forecast, index: int) -> str:
    low, high = forecast.bands[90]
    digits = 0 if abs(float(forecast.median[index])) >= 30 else 1
    return (
        f"{forecast.median[index]:.{digits}f} ({low[index]:.{digits}f} to {high[index]:.{digits}f}) {forecast.unit}"
    ).strip()


def findings_of(forecast: Forecast, now: float) -> tuple[Finding, ...]:
    """What the forecast says half way and at its end, and when its middle leaves the target range of glucose."""
    count = len(forecast.times)
    made = [
        Finding(
            f"In {duration_text(forecast.times[index] - now)}",
            "90 % band in brackets",
            _said(forecast, index),
            place={"time_s": float(forecast.times[index])},
        )
        for index in dict.fromkeys((max(1, count // 2) - 1, count - 1))
    ]
    if forecast.unit in ("mg/dL", "mmol/L"):
        low, high = target(forecast.unit)
        for title, outside in (("Low", forecast.median < low), ("High", forecast.median > high)):
            if outside.any() and not outside.all():
                index = int(np.argmax(outside))
                when = duration_text(forecast.times[index] - now)
                limit = low if title == "Low" else high
                made.append(
                    Finding(f"{title} in {when}", f"beyond {limit:g} {forecast.unit}", _said(forecast, index), None, 1,
                            {"time_s": float(forecast.times[index])})
                )  # fmt: skip
    return tuple(made)


def score(record: Record, files: FileSource, prediction: bytes, label: bytes) -> Metrics:
    """A recording's columns: how the model's forecasts did at every earlier moment of it."""
    data: Any = json.loads(prediction)
    return {name: float(value) for name, value in data["backtest"].items()}
