"""How good forecasts would have been at every moment of a recording, beside saying "as now" and "as last season"."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from medstation_signals.bands import Bands, swing_of, tracked
from medstation_signals.forecast_model import Forecaster, targets, usable_origins


@dataclass(frozen=True)
class Backtest:
    """At `origins` (n,): what was forecast, what came (n, horizon), band edges (levels, n, horizon).

    `widths` (levels, horizon) are the width factors after the last value.
    """

    origins: np.ndarray
    median: np.ndarray
    truth: np.ndarray
    low: np.ndarray
    high: np.ndarray
    widths: np.ndarray


def backtest(forecaster: Forecaster, bands: Bands, lookback: int, values: np.ndarray) -> Backtest:
    """Forecasts at every usable moment of `values` (time,), each with the band that was known then."""
    origins = usable_origins(values, lookback)
    median = forecaster.forecast(values, origins)
    truth = targets(values, origins, forecaster.horizon)
    swing = swing_of(values, origins, lookback, bands.floor)
    widths = tracked(bands, truth - median, swing, origins)
    low, high = bands.edges(median, swing, widths[:, :-1])
    return Backtest(origins, median, truth, low, high, widths[:, -1])


def columns(test: Backtest, values: np.ndarray, season: int, first: int = 0) -> dict[str, float]:
    """The metrics' columns of one recording, over origins from index `first` whose outcomes are known."""
    chosen = test.origins >= first
    origins, median, truth = test.origins[chosen], test.median[chosen], test.truth[chosen]
    horizon = median.shape[1]
    known = np.isfinite(truth)
    squared = np.where(known, (median - truth) ** 2, 0.0)
    last = np.where(known, (values[origins][:, None] - truth) ** 2, 0.0)
    old = seasonal(values, origins, horizon, season)
    paired = known & np.isfinite(old)
    low, high = test.low[:, chosen], test.high[:, chosen]
    inside = (truth[None] >= low) & (truth[None] <= high) & known[None]
    half, end = max(1, horizon // 2) - 1, horizon - 1
    return {
        "se": float(squared.sum()),
        "n": float(known.sum()),
        "se_half": float(squared[:, half].sum()),
        "n_half": float(known[:, half].sum()),
        "se_end": float(squared[:, end].sum()),
        "n_end": float(known[:, end].sum()),
        "se_last": float(last.sum()),
        "se_last_half": float(last[:, half].sum()),
        "se_last_end": float(last[:, end].sum()),
        "se_where_season": float(squared[paired].sum()),
        "se_season": float(((old - truth) ** 2)[paired].sum()),
        "n_season": float(paired.sum()),
        "se_end_where_season": float(squared[:, end][paired[:, end]].sum()),
        "se_season_end": float(((old - truth) ** 2)[:, end][paired[:, end]].sum()),
        "in_50": float(inside[0].sum()),
        "in_90": float(inside[1].sum()),
        "wide_90": float(np.where(known, high[1] - low[1], 0.0).sum()),
    }


def seasonal(values: np.ndarray, origins: np.ndarray, horizon: int, season: int) -> np.ndarray:
    """What was one season before each outcome (n, horizon); NaN where that is unknown."""
    ahead = np.arange(1, horizon + 1)
    back = season * -(-ahead // season)
    place = origins[:, None] + ahead - back
    return np.where(place >= 0, values[np.maximum(place, 0)], np.nan)


@dataclass(frozen=True)
class LastValue:
    """The forecast that everything stays as it is."""

    horizon: int

    def forecast(self, values: np.ndarray, origins: np.ndarray) -> np.ndarray:
        return np.repeat(values[origins][:, None], self.horizon, axis=1)


def table(cases: list[dict[str, float]]) -> dict[str, float | None]:
    """The report's comparison: RMSE of model and baselines, over all steps, half way and at the end."""
    total = {name: sum(case[name] for case in cases) for name in (cases[0] if cases else ())}

    def root(upper: str, lower: str) -> float | None:
        return round(float(np.sqrt(total[upper] / total[lower])), 4) if total.get(lower) else None

    return {
        "rmse_model": root("se", "n"),
        "rmse_last_value": root("se_last", "n"),
        "rmse_model_half": root("se_half", "n_half"),
        "rmse_last_value_half": root("se_last_half", "n_half"),
        "rmse_model_end": root("se_end", "n_end"),
        "rmse_last_value_end": root("se_last_end", "n_end"),
        "rmse_model_where_season": root("se_where_season", "n_season"),
        "rmse_seasonal": root("se_season", "n_season"),
        "coverage_50": _share(total, "in_50"),
        "coverage_90": _share(total, "in_90"),
    }


def _share(total: dict[str, float], name: str) -> float | None:
    return round(total[name] / total["n"], 4) if total.get("n") else None
