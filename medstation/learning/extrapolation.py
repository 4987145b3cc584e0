"""What more labels would bring: the metric against the number of training cases, carried on a little further.

The error of learnt models falls about as a power of the number of cases (Hestness et al., Deep Learning Scaling is
Predictable, Empirically, 2017). With four sizes a power cannot be fitted soundly, so it is taken to be one half, as for
the error of a mean: value = a + b / sqrt(cases). NumPy only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from medstation.api import MetricSpec
from medstation.learning.combining import Cases, rows_of, weighted
from medstation.learning.intervals import Interval, Numbers, between, draws_by_patient


@dataclass(frozen=True)
class Outlook:
    """`values` at the sizes that were tried; `gain` is the expected change of the metric with `more` cases."""

    sizes: tuple[int, ...]
    values: tuple[Interval, ...]
    more: int
    gain: Interval


def outlook(
    metric: MetricSpec,
    measured: Mapping[int, Cases],
    patients: Mapping[str, str],
    more: int = 10,
    seed: int = 0,
    resamples: int = 2000,
) -> Outlook:
    """`measured`: number of training cases -> the cases of one and the same test part, judged by that model.

    Intervals come from drawing the test patients anew, the same ones for all sizes; that another training would end
    a little differently is not in them. `ValueError` for fewer than two sizes or no case that all have.
    """
    sizes = sorted(measured)
    rows = [rows_of(metric, measured[size]) for size in sizes]
    shared = sorted(set.intersection(*(set(one) for one in rows))) if rows else []
    if len(sizes) < 2 or not shared:
        raise ValueError("an outlook needs two sizes or more, judged on the same cases")
    draws = draws_by_patient(shared, patients, seed, resamples)
    once = np.ones((1, len(shared)))
    tables = [np.array([one[record] for record in shared]) for one in rows]
    values = np.array([weighted(metric, table, once)[0] for table in tables])
    drawn = np.array([weighted(metric, table, draws) for table in tables])
    return Outlook(
        tuple(sizes),
        tuple(between(value, some) for value, some in zip(values, drawn, strict=True)),
        more,
        between(_gain(sizes, values[:, None], more)[0], _gain(sizes, drawn, more)),
    )


def _gain(sizes: list[int], values: Numbers, more: int) -> Numbers:
    """The change from the greatest size to `more` cases beyond it, for each column of `values` (sizes, draws)."""
    across = 1 / np.sqrt(np.array(sizes, np.float64))
    centred = across - across.mean()
    slope = centred @ values / (centred @ centred)
    return np.asarray(slope * (1 / np.sqrt(sizes[-1] + more) - across[-1]), np.float64)
