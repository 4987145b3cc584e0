"""The recipe "linear": ridge regression for forecasting, in seconds, with its baselines beside it."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from safetensors.numpy import load, save
from threadpoolctl import threadpool_limits

from medstation.api import (
    BadInput,
    Checkpoint,
    Evaluation,
    Event,
    FileSource,
    Finished,
    Json,
    Metric,
    ModelInfo,
    PredictionDraft,
    Progress,
    Record,
    ReportProgress,
    SettingValue,
    Started,
    TrainRequest,
    Workbench,
    resolve,
)
from medstation_signals import forecast_payload
from medstation_signals.backtest import LastValue, backtest, columns, table
from medstation_signals.bands import Bands, calibrated, floor_of, swing_of
from medstation_signals.forecast_model import (
    Forecaster,
    LinearForecaster,
    Shape,
    added,
    gather,
    shape_of,
    solve,
    targets,
    usable_origins,
    without,
)
from medstation_signals.forecast_parts import Example, Parts, read_parts, seasonal_feature
from medstation_signals.forecast_settings import FORECAST_SETTINGS
from medstation_signals.series import series_of

RIDGES = (1e-3, 1e-2, 1e-1)
FOLDS = 5
_TENSORS = ("weights", "bias", "centre", "spread")


def train(request: TrainRequest, bench: Workbench) -> Iterator[Event]:
    """Fit, calibrate and backtest. Without a base model, "before" is the forecast that nothing changes.

    On one thread: the matrices are small, and threads that wait for each other cost ten times as much.
    """
    with threadpool_limits(1):
        yield from _train(request, bench)


def _train(request: TrainRequest, bench: Workbench) -> Iterator[Event]:
    begun = time.monotonic()
    settings = resolve(FORECAST_SETTINGS, request.settings)
    base = read_model(request.base.config, bench.weights(request.base.id)) if request.base else None
    parts = yield from read_parts(request.cases, settings, bench, base[2]["step"] if base else 0.0)
    lookback, horizon = int(settings["lookback"]), int(settings["horizon"])
    yield Started(len(RIDGES), _facts(parts, lookback, horizon))
    before: Forecaster = base[0] if base else LastValue(horizon)
    if before.horizon != horizon:
        raise BadInput(f"the base model forecasts {before.horizon} steps", f"Set horizon={before.horizon}.")
    old = base[1] if base else fit_bands([(before, one) for one in parts.calibration or parts.train], parts, lookback)
    yield Evaluation("before", measured(before, parts, lookback, old))
    yield Progress(0.55, "Solving")
    forecaster, bands = yield from _fitted(parts, settings)
    yield Progress(0.85, "Backtest on the test part")
    after = measured(forecaster, parts, lookback, bands)
    yield Evaluation("after", after)
    facts = {"backtest": table(list(after.values())), "seconds": round(time.monotonic() - begun, 2),
             "notes": list(parts.notes)}  # fmt: skip
    config = {"kind": "linear", "step": parts.step, "season": parts.season, "channel": str(settings["channel"]),
              "shape": forecaster.shape.json(), "floor": bands.floor}  # fmt: skip
    tensors = {name: getattr(forecaster, name) for name in _TENSORS}
    yield Finished(packed(tensors, bands), config, len(RIDGES), len(RIDGES), "completed", facts)


def _facts(parts: Parts, lookback: int, horizon: int) -> Json:
    counts = {"train": len(parts.train), "calibration": len(parts.calibration), "test": len(parts.test)}
    return {"device": "processor", "cases": counts, "step_minutes": parts.step / 60, "lookback": lookback,
            "horizon": horizon, "season": parts.season, "notes": list(parts.notes)}  # fmt: skip


def _fitted(
    parts: Parts, settings: Mapping[str, SettingValue]
) -> Generator[Event, None, tuple[LinearForecaster, Bands]]:
    """The forecaster from all persons but the tested ones, and its bands from forecasts of persons left out in turn.

    The sums that ridge regression needs add up, so leaving a fold out costs a subtraction. Within one recording's time
    there is one fold: the part between training and test.
    """
    lookback, horizon = int(settings["lookback"]), int(settings["horizon"])
    season = seasonal_feature(parts.step, parts.season, bool(settings["season"]))
    known = [one.series.values[one.begin : one.end] for one in parts.train]
    shape = shape_of(known, lookback, horizon, season, bool(settings["logarithm"]))
    folds = folds_of(parts)
    sums = [gather(shape, [(one.series.values, one.origins(lookback, horizon)) for one in fold]) for fold in folds]
    whole = added(sums)
    if not whole.rows.all():
        raise BadInput("no training recording has enough values in a row", "Set a shorter look-back or horizon.")
    judged = list(range(len(folds))) if not parts.by_time else [len(folds) - 1]
    best: tuple[float, list[LinearForecaster], float] = (np.inf, [], RIDGES[0])
    for number, ridge in enumerate(RIDGES, 1):
        others = [solve(shape, without(whole, sums[fold]), ridge) for fold in judged]
        pairs = [(model, one) for model, fold in zip(others, judged, strict=True) for one in folds[fold]]
        value = rmse(pairs, lookback)
        if value < best[0]:
            best = (value, others, ridge)
        yield Metric(number, {"rmse/validation": value})
        yield Checkpoint(number, b"")
    pairs = [(model, one) for model, fold in zip(best[1], judged, strict=True) for one in folds[fold]]
    return solve(shape, whole, best[2]), fit_bands(pairs, parts, lookback)


def folds_of(parts: Parts) -> list[tuple[Example, ...]]:
    """Training and calibration examples in at most `FOLDS` groups; in time, training and what came after it."""
    if parts.by_time:
        return [parts.train, parts.calibration]
    every = (*parts.train, *parts.calibration)
    persons = list(dict.fromkeys(one.patient for one in every))
    if len(persons) < 2:
        raise BadInput("there is one person to learn from", "Import more persons, or set split=later.")
    fold = {person: number % FOLDS for number, person in enumerate(persons)}
    count = min(FOLDS, len(persons))
    return [tuple(one for one in every if fold[one.patient] == number) for number in range(count)]


def rmse(pairs: Sequence[tuple[Forecaster, Example]], lookback: int) -> float:
    """Over all steps ahead of all examples' own origins."""
    squares, count = 0.0, 0
    for forecaster, one in pairs:
        error = _errors(forecaster, one, lookback)
        squares += float(np.nansum(error**2))
        count += int(np.isfinite(error).sum())
    return float(np.sqrt(squares / count)) if count else float("inf")


def _errors(forecaster: Forecaster, one: Example, lookback: int) -> np.ndarray:
    """What came minus the forecast (n, horizon)."""
    values, origins = one.series.values, one.origins(lookback, forecaster.horizon)
    return np.asarray(targets(values, origins, forecaster.horizon) - forecaster.forecast(values, origins))


def fit_bands(pairs: Sequence[tuple[Forecaster, Example]], parts: Parts, lookback: int) -> Bands:
    """Bands from the errors of forecasters on examples that they were not trained on."""
    floor = floor_of([_swings(one, lookback) for one in parts.train])
    errors = [_errors(forecaster, one, lookback) for forecaster, one in pairs]
    scales = [
        swing_of(one.series.values, one.origins(lookback, forecaster.horizon), lookback, floor)
        for forecaster, one in pairs
    ]
    found = np.concatenate(errors)
    if not np.isfinite(found).any(axis=0).all():
        raise BadInput("the recordings are too short to calibrate bands", "Set a shorter look-back or horizon.")
    return calibrated(found, np.concatenate(scales), floor)


def _swings(one: Example, lookback: int) -> np.ndarray:
    return swing_of(one.series.values, usable_origins(one.series.values, lookback), lookback, 0.0)


def measured(forecaster: Forecaster, parts: Parts, lookback: int, bands: Bands) -> dict[str, dict[str, float]]:
    """Record -> columns of its backtest, for the test part."""
    made = {}
    for one in parts.test:
        test = backtest(forecaster, bands, lookback, one.series.values)
        found = columns(test, one.series.values, parts.season, max(0, one.begin - 1))
        if found["n"]:
            made[one.record] = found
    return made


def packed(tensors: Mapping[str, np.ndarray], bands: Bands) -> bytes:
    """Arrays and bands as a safetensors file."""
    whole = {**tensors, "bands.low": bands.low, "bands.high": bands.high}
    return save({name: np.ascontiguousarray(one, np.float64) for name, one in whole.items()})


def read_model(config: Json, weights: bytes) -> tuple[LinearForecaster, Bands, Json]:
    tensors: Any = load(weights)
    if any(name not in tensors for name in (*_TENSORS, "bands.low", "bands.high")):
        raise BadInput("the weights are not those of a linear forecast", "Import the model again from its source.")
    forecaster = LinearForecaster(Shape(**config["shape"]), *(tensors[name] for name in _TENSORS))
    return forecaster, Bands(tensors["bands.low"], tensors["bands.high"], float(config["floor"])), config


class LinearPredictor:
    """A linear forecast model, loaded once for many predictions."""

    def __init__(self, model: ModelInfo, weights: bytes) -> None:
        self._forecaster, self._bands, self._config = read_model(model.config, weights)

    def predict(self, record: Record, files: FileSource, report: ReportProgress) -> PredictionDraft:
        """The forecast after the recording's end."""
        report(0.2, "Reading")
        series = series_of(record, files, self._config["channel"], self._config["step"])
        report(0.5, "Forecasting")
        lookback = self._forecaster.shape.lookback
        return forecast_payload.draft(self._forecaster, self._bands, lookback, self._config["season"], series)
