"""A linear forecaster: ridge regression on the last values, their level and swing, and the same time seasons ago."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from medstation.api import Json

SEASONS = 3
"""Past seasons that a forecast looks at."""
SLOPES = (1, 3, 6, 12)
KNOWN = 0.5
"""A look-back with fewer known values than this share is not forecast from."""


class Forecaster(Protocol):
    """Anything that forecasts: `values` (time,) with NaN gaps and origins (n,) -> (n, horizon), in their unit."""

    @property
    def horizon(self) -> int: ...

    def forecast(self, values: np.ndarray, origins: np.ndarray) -> np.ndarray: ...


@dataclass(frozen=True)
class Shape:
    """What a forecaster sees and says, and how values are made comparable: (f(v) - mean) / deviation."""

    lookback: int
    horizon: int
    season: int
    logarithm: bool
    shift: float
    mean: float
    deviation: float

    def json(self) -> Json:
        return dict(self.__dict__)

    def inward(self, values: np.ndarray) -> np.ndarray:
        raised = np.log(np.maximum(values, 0) + self.shift) if self.logarithm else values
        return np.asarray((raised - self.mean) / self.deviation)

    def outward(self, values: np.ndarray) -> np.ndarray:
        raised = values * self.deviation + self.mean
        return np.exp(np.minimum(raised, 50.0)) - self.shift if self.logarithm else raised


def shape_of(series: Sequence[np.ndarray], lookback: int, horizon: int, season: int, logarithm: bool) -> Shape:
    """The shape with mean and deviation of the training series."""
    every = np.concatenate([one[np.isfinite(one)] for one in series])
    shift = max(1e-3 * float(np.mean(np.abs(every))), 1e-9) if logarithm else 0.0
    raised = np.log(np.maximum(every, 0) + shift) if logarithm else every
    deviation = float(raised.std()) or 1.0
    return Shape(lookback, horizon, season, logarithm, shift, float(raised.mean()), deviation)


def usable_origins(values: np.ndarray, lookback: int) -> np.ndarray:
    """Indices of known values that have enough of a known past to forecast from."""
    known = np.isfinite(values)
    sums = np.concatenate([[0], np.cumsum(known)])
    ends = np.arange(lookback, len(values) + 1)
    share = (sums[ends] - sums[ends - lookback]) / lookback
    origins = ends - 1
    return np.asarray(origins[(share >= KNOWN) & known[origins]])


def filled(values: np.ndarray) -> np.ndarray:
    """Gaps bridged by straight lines; only for looking back: the value at an origin is always a measured one."""
    known = np.flatnonzero(np.isfinite(values))
    return np.asarray(np.interp(np.arange(len(values)), known, values[known]))


def targets(values: np.ndarray, origins: np.ndarray, horizon: int) -> np.ndarray:
    """What came (n, horizon) after each origin; NaN where it is unknown or lies beyond the end."""
    padded = np.concatenate([values, np.full(horizon, np.nan)])
    return np.asarray(padded[origins[:, None] + np.arange(1, horizon + 1)])


def features(x: np.ndarray, origins: np.ndarray, shape: Shape) -> tuple[np.ndarray, np.ndarray]:
    """Common features (n, f), and those of each step ahead (n, horizon, seasons)."""
    past = np.lib.stride_tricks.sliding_window_view(x, shape.lookback)[origins - shape.lookback + 1]
    last = past[:, -1:]
    swing = np.log(past.std(axis=1, keepdims=True) + 0.1) + 1.0
    slopes = [last - past[:, -1 - min(one, shape.lookback - 1)][:, None] for one in SLOPES]
    level = last - _running_mean(x, origins)[:, None]
    blocks = [
        past[:, :-1] - last, last, np.maximum(last - 1, 0), np.maximum(-1 - last, 0), level,
        swing, swing * last, swing * (last - past.mean(axis=1, keepdims=True)),
        *[swing * slope for slope in slopes], *[np.maximum(slope, 0) for slope in slopes[1:]],
        *[_ago(x, origins, shape.season * one)[:, None] - last * _has(origins, shape.season * one)
          for one in range(1, SEASONS + 1) if shape.season],
    ]  # fmt: skip
    return np.concatenate(blocks, axis=1), _seasonal(x, origins, shape)


def _running_mean(x: np.ndarray, origins: np.ndarray) -> np.ndarray:
    return np.asarray(np.cumsum(x)[origins] / (origins + 1))


def _has(origins: np.ndarray, back: int) -> np.ndarray:
    return (origins >= back)[:, None]


def _ago(x: np.ndarray, origins: np.ndarray, back: int) -> np.ndarray:
    return np.where(origins >= back, x[np.maximum(origins - back, 0)], 0.0)


def _seasonal(x: np.ndarray, origins: np.ndarray, shape: Shape) -> np.ndarray:
    """How far the same time of each past season moved from here: (n, horizon, seasons), 0 where there was none."""
    if not shape.season:
        return np.zeros((len(origins), shape.horizon, 0))
    ahead = np.arange(1, shape.horizon + 1)
    made = []
    for one in range(1, SEASONS + 1):
        start = origins - shape.season * one
        place = np.clip(start[:, None] + ahead, 0, origins[:, None])
        made.append(np.where(start[:, None] >= 0, x[place] - x[np.maximum(start, 0)][:, None], 0.0))
    return np.stack(made, axis=2)


@dataclass(frozen=True)
class LinearForecaster:
    """`weights` (horizon, features + seasons), applied to features minus `centre` over `spread`; `bias` (horizon,)."""

    shape: Shape
    weights: np.ndarray
    bias: np.ndarray
    centre: np.ndarray
    spread: np.ndarray

    @property
    def horizon(self) -> int:
        return self.shape.horizon

    def forecast(self, values: np.ndarray, origins: np.ndarray) -> np.ndarray:
        if not len(origins):
            return np.zeros((0, self.horizon))
        x = self.shape.inward(filled(values))
        common, ahead = features(x, origins, self.shape)
        wide = common.shape[1]
        made = ((common - self.centre[0, :wide]) / self.spread[0, :wide]) @ self.weights[:, :wide].T
        if ahead.shape[2]:
            scaled = (ahead - self.centre[None, :, wide:]) / self.spread[None, :, wide:]
            made = made + np.einsum("nhs,hs->nh", scaled, self.weights[:, wide:])
        return self.shape.outward(made + self.bias + x[origins][:, None])


@dataclass
class Moments:
    """Sums over all training windows, from which any ridge strength is solved: no window is kept."""

    rows: np.ndarray
    gram: np.ndarray
    cross: np.ndarray
    sums: np.ndarray
    total: np.ndarray


def gather(shape: Shape, examples: Sequence[tuple[np.ndarray, np.ndarray]]) -> Moments:
    """The sums over (values, origins) of the training series, without windows whose outcome is unknown."""
    moments: Moments | None = None
    for values, origins in examples:
        if not len(origins):
            continue
        x = shape.inward(filled(values))
        common, ahead = features(x, origins, shape)
        wanted = shape.inward(targets(values, origins, shape.horizon)) - x[origins][:, None]
        for step in range(shape.horizon):
            table = np.concatenate([common, ahead[:, step]], axis=1)
            known = np.isfinite(wanted[:, step])
            table, goal = table[known], wanted[known, step]
            if moments is None:
                moments = _empty(shape.horizon, table.shape[1])
            moments.rows[step] += len(table)
            moments.gram[step] += table.T @ table
            moments.cross[step] += table.T @ goal
            moments.sums[step] += table.sum(axis=0)
            moments.total[step] += goal.sum()
    return moments if moments is not None else _empty(shape.horizon, 1)


def added(parts: Sequence[Moments]) -> Moments:
    """The sums of all parts (parts without any window count nothing)."""
    full = [one for one in parts if one.rows.any()] or list(parts[:1])
    return Moments(*(sum(getattr(one, name) for one in full) for name in Moments.__dataclass_fields__))


def without(whole: Moments, part: Moments) -> Moments:
    """The sums of the rest."""
    if not part.rows.any():
        return whole
    return Moments(*(getattr(whole, name) - getattr(part, name) for name in Moments.__dataclass_fields__))


def _empty(horizon: int, wide: int) -> Moments:
    return Moments(
        np.zeros(horizon), np.zeros((horizon, wide, wide)), np.zeros((horizon, wide)), np.zeros((horizon, wide)),
        np.zeros(horizon),
    )  # fmt: skip


def solve(shape: Shape, moments: Moments, ridge: float) -> LinearForecaster:
    """The weights for a ridge strength (1 is as strong as the data)."""
    rows = np.maximum(moments.rows, 1)
    centre = moments.sums / rows[:, None]
    goal = moments.total / rows
    variance = np.einsum("hff->hf", moments.gram) / rows[:, None] - centre**2
    spread = np.sqrt(np.maximum(variance, 1e-12))
    spread[variance < 1e-9] = 1.0
    weights = np.empty_like(centre)
    for step in range(shape.horizon):
        gram = moments.gram[step] / rows[step] - np.outer(centre[step], centre[step])
        gram = gram / np.outer(spread[step], spread[step])
        cross = (moments.cross[step] / rows[step] - centre[step] * goal[step]) / spread[step]
        weights[step] = np.linalg.solve(gram + ridge * np.eye(len(gram)), cross)
    common = centre.mean(axis=0)  # the common features must be scaled alike at every step
    return _alike(LinearForecaster(shape, weights, goal, centre, spread), common, spread.mean(axis=0))


def _alike(model: LinearForecaster, centre: np.ndarray, spread: np.ndarray) -> LinearForecaster:
    """The same forecasts with one centre and spread for all steps ahead."""
    weights = model.weights / model.spread * spread
    bias = model.bias + np.einsum("hf,hf->h", model.weights / model.spread, centre[None] - model.centre)
    wide = (model.horizon, 1)
    return LinearForecaster(model.shape, weights, bias, np.tile(centre, wide), np.tile(spread, wide))
