"""Bootstrap 95 % intervals, by patient: records of one patient are drawn together, since they are alike.

The percentile bootstrap of Efron and Tibshirani (An Introduction to the Bootstrap, 1993, chapter 13), with patients as
the units that are drawn. NumPy only, so that the window can use it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """A value and the ends of its 95 % interval, in the metric's own unit. `low == high` when there is one patient."""

    value: float
    low: float
    high: float


def mean_interval(
    values: Mapping[str, float], patients: Mapping[str, str], seed: int = 0, resamples: int = 2000
) -> Interval:
    """The mean of `values` (by record) over records, with its interval; `patients` maps record -> patient.

    A record that `patients` does not know counts as a patient of its own. `ValueError` when there are no values.
    """
    records = sorted(values)
    numbers = np.array([values[record] for record in records], dtype=np.float64)
    draws = draws_by_patient(records, patients, seed, resamples)
    return between(float(numbers.mean()), draws @ numbers / draws.sum(axis=1))


def paired_difference(
    before: Mapping[str, float],
    after: Mapping[str, float],
    patients: Mapping[str, str],
    seed: int = 0,
    resamples: int = 2000,
) -> Interval:
    """The mean of `after - before` over the records that both have, with its interval.

    An interval above 0 says: better on these patients, and not by the luck of who they are. `ValueError` when no record
    is in both.
    """
    differences = {record: after[record] - before[record] for record in before if record in after}
    return mean_interval(differences, patients, seed, resamples)


def draws_by_patient(records: Sequence[str], patients: Mapping[str, str], seed: int, resamples: int) -> Numbers:
    """How often each record counts in each draw of as many patients, with replacement: (resamples, records)."""
    if not records:
        raise ValueError("an interval needs at least one value")
    owners = [(record in patients, patients.get(record, record)) for record in records]
    people = {owner: number for number, owner in enumerate(sorted(set(owners)))}
    chosen = np.random.default_rng(seed).integers(0, len(people), (resamples, len(people)))
    counts = np.zeros((resamples, len(people)))
    np.add.at(counts, (np.arange(resamples)[:, None], chosen), 1)
    return counts[:, [people[owner] for owner in owners]]


def between(value: float, drawn: Numbers, level: float = LEVEL) -> Interval:
    """The value, with the ends between which 95 % of the draws (or another share, `level`) lie."""
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(value), float(low), float(high))
