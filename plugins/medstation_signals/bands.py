"""Bands around forecasts that hold what they say: split conformal quantiles, and a tracker of their width.

The quantiles come from errors on recordings that the forecaster was not trained on. Persons differ, so a recording's
own past errors then widen or narrow the band, step by step (adaptive conformal inference, Gibbs and Candès 2021).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from medstation_signals.forecast_model import filled

LEVELS = (0.5, 0.9)
PACE = 0.015
"""How fast the tracker's logarithm of the width moves per error."""
WIDEST = 8.0
_FLOOR = 0.15


@dataclass(frozen=True)
class Bands:
    """`low` and `high` (levels, horizon): error quantiles in units of the local swing. `floor`: the least swing."""

    low: np.ndarray
    high: np.ndarray
    floor: float

    def edges(self, median: np.ndarray, swing: np.ndarray, widths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper edges (levels, n, horizon) of forecasts (n, horizon); `widths` (levels, n, horizon)."""
        unit = swing[None, :, None] * widths
        return median[None] + self.low[:, None] * unit, median[None] + self.high[:, None] * unit


def swing_of(values: np.ndarray, origins: np.ndarray, lookback: int, floor: float) -> np.ndarray:
    """The deviation (n,) of the last `lookback` values before each origin, at least `floor`."""
    x = filled(values)
    sums = np.concatenate([[0.0], np.cumsum(x - x.mean())])
    squares = np.concatenate([[0.0], np.cumsum((x - x.mean()) ** 2)])
    end, begin = origins + 1, np.maximum(origins + 1 - lookback, 0)
    count = end - begin
    mean = (sums[end] - sums[begin]) / count
    variance = (squares[end] - squares[begin]) / count - mean**2
    return np.asarray(np.sqrt(np.maximum(variance, 0) + floor**2))


def floor_of(swings: Sequence[np.ndarray]) -> float:
    """The least swing, from those of the training series."""
    every = np.concatenate(swings)
    return max(_FLOOR * float(np.median(every)), 1e-6) if len(every) else 1.0


def calibrated(errors: np.ndarray, swing: np.ndarray, floor: float) -> Bands:
    """Bands from errors (n, horizon; what came minus the forecast, NaN unknown) of recordings not trained on."""
    scaled = errors / swing[:, None]
    low, high = [], []
    for level in LEVELS:
        rank = _rank(level, int(np.isfinite(scaled).all(axis=1).sum()))
        low.append(np.minimum(np.nanquantile(scaled, 1 - rank, axis=0), -1e-6))
        high.append(np.maximum(np.nanquantile(scaled, rank, axis=0), 1e-6))
    return Bands(np.array(low), np.array(high), floor)


def _rank(level: float, count: int) -> float:
    """The one-sided quantile for a two-sided level, with the finite-sample correction of split conformal."""
    return float(min(1.0, (1 + level) / 2 * (1 + 1 / max(count, 1))))


def tracked(bands: Bands, errors: np.ndarray, swing: np.ndarray, origins: np.ndarray) -> np.ndarray:
    """Width factors (levels, n + 1, horizon) known at each origin, and after the last one.

    `errors` (n, horizon) at rising `origins`; the error of a step ahead is used only once that time has come.
    """
    count, horizon = errors.shape
    scaled = errors / swing[:, None]
    inside = np.where(scaled >= 0, scaled[None] / bands.high[:, None], scaled[None] / bands.low[:, None])
    row_of = np.full(int(origins[-1]) + 2 if count else 1, -1)
    row_of[origins] = np.arange(count)
    ahead, levels = np.arange(1, horizon + 1), np.array(LEVELS)[:, None]
    log = np.zeros((len(LEVELS), horizon))
    widths = np.empty((len(LEVELS), count + 1, horizon))
    now = int(origins[0]) if count else 0
    columns = np.arange(horizon)
    for number in range(count + 1):
        at = int(origins[number]) if number < count else int(origins[-1]) if count else 0
        for moment in range(now + 1, at + 1) if number else ():
            source = moment - ahead
            rows = np.where(source >= 0, row_of[np.clip(source, 0, len(row_of) - 1)], -1)
            score = inside[:, rows, columns]
            seen = (rows >= 0)[None] & np.isfinite(score)
            used = np.exp(log)
            log += np.where(seen, PACE * ((score > used) - (1 - levels)), 0.0)
            np.clip(log, -np.log(WIDEST), np.log(WIDEST), out=log)
        now = at
        widths[:, number] = np.exp(log)
    return widths
