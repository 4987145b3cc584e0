"""One number from many cases, as a metric says it is made, with its interval: a mean, a ratio of sums, or an AUC."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from medstation.api import Metrics, MetricSpec
from medstation.learning.intervals import LEVEL, Interval, Numbers, between, draws_by_patient

Cases = Mapping[str, Metrics]
"""Record id -> that case's columns."""


def combined(metric: MetricSpec, cases: Cases) -> float | None:
    """The metric over the cases that have all its columns as numbers; None when no case has."""
    rows = rows_of(metric, cases)
    if not rows:
        return None
    values = np.array(list(rows.values()))
    return float(weighted(metric, values, np.ones((1, len(values))))[0])


def estimate(
    metric: MetricSpec, cases: Cases, patients: Mapping[str, str], seed: int = 0, resamples: int = 2000
) -> Interval:
    """The metric over the cases with its interval. `ValueError` when no case has its columns."""
    rows = rows_of(metric, cases)
    records = _records(metric, rows)
    values = np.array([rows[record] for record in records])
    drawn = weighted(metric, values, draws_by_patient(records, patients, seed, resamples))
    return between(weighted(metric, values, np.ones((1, len(records))))[0], drawn)


def difference(
    metric: MetricSpec,
    before: Cases,
    after: Cases,
    patients: Mapping[str, str],
    seed: int = 0,
    resamples: int = 2000,
    level: float = LEVEL,
) -> Interval:
    """The metric's change from `before` to `after` on the records that both have: the same patients drawn for both."""
    old, new = rows_of(metric, before), rows_of(metric, after)
    records = _records(metric, set(old) & set(new))
    draws = draws_by_patient(records, patients, seed, resamples)
    first, second = (np.array([rows[record] for record in records]) for rows in (old, new))
    once = np.ones((1, len(records)))
    value = weighted(metric, second, once)[0] - weighted(metric, first, once)[0]
    return between(value, weighted(metric, second, draws) - weighted(metric, first, draws), level)


def apart(
    metric: MetricSpec, one: Cases, other: Cases, patients: Mapping[str, str], seed: int = 0, resamples: int = 2000
) -> Interval:
    """How much more the metric is over `one` than over `other`, two groups of cases: each is drawn for itself."""
    values: list[float] = []
    drawn: list[Numbers] = []
    for cases in (one, other):
        rows = rows_of(metric, cases)
        records = _records(metric, rows)
        numbers = np.array([rows[record] for record in records])
        values.append(float(weighted(metric, numbers, np.ones((1, len(records))))[0]))
        drawn.append(weighted(metric, numbers, draws_by_patient(records, patients, seed + len(drawn), resamples)))
    return between(values[0] - values[1], drawn[0] - drawn[1])


def _records(metric: MetricSpec, having: Iterable[str]) -> list[str]:
    records = sorted(having)
    if not records:
        raise ValueError(f"no case has a value of {metric.name}")
    return records


def rows_of(metric: MetricSpec, cases: Cases) -> dict[str, tuple[float, ...]]:
    """Record -> the metric's columns; a NaN says that the metric does not apply to that case."""
    names = metric.columns or (metric.name,)
    rows = {
        record: tuple(float(case[name]) for name in names)
        for record, case in cases.items()
        if all(name in case for name in names)
    }
    return {record: row for record, row in rows.items() if not any(math.isnan(value) for value in row)}


def weighted(metric: MetricSpec, values: Numbers, weights: Numbers) -> Numbers:
    """The metric for each row of `weights` (draws, cases), how often each case counts; `values` is (cases, columns).

    A ratio over nothing counts as 0, an area with one class only as 0.5.
    """
    if metric.combine == "mean":
        return _ratio(weights @ values[:, 0], weights.sum(axis=1))
    if metric.combine == "auc":
        return np.array([_area(values[:, 0], values[:, 1] > 0.5, draw) for draw in weights])
    ratio = _ratio(weights @ values[:, 0], weights @ values[:, 1])
    return np.sqrt(ratio) if metric.combine == "root ratio" else ratio


def _ratio(upper: Numbers, lower: Numbers) -> Numbers:
    return np.divide(upper, lower, out=np.zeros_like(upper), where=lower != 0)


def _area(scores: Numbers, positive: NDArray[np.bool_], weights: Numbers) -> float:
    """The chance that a positive case scores above a negative one, ties half (Hanley and McNeil 1982)."""
    levels, place = np.unique(scores, return_inverse=True)
    above = np.bincount(place, weights * positive, len(levels))
    below = np.bincount(place, weights * ~positive, len(levels))
    pairs = above.sum() * below.sum()
    if pairs == 0:
        return 0.5
    won = (above * (np.cumsum(below) - below / 2)).sum()
    return float(won / pairs)
