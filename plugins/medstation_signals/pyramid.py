"""Lowest and highest values over ever longer stretches, so that a day of samples draws as fast as a second."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from medstation_signals.recording import Run

FACTOR = 4
SMALLEST = 2048
"""No level is made of fewer values than this."""


def level_counts(counts: Sequence[int], level: int) -> list[int]:
    """How many pairs each run has at a level (0 are the samples themselves)."""
    return [-(-count // FACTOR**level) for count in counts]


def levels_for(total: int) -> int:
    """How many levels there are above the samples."""
    levels = 0
    while total // FACTOR ** (levels + 1) >= SMALLEST:
        levels += 1
    return levels


def build(values: np.ndarray, runs: Sequence[Run]) -> list[tuple[np.ndarray, np.ndarray]]:
    """[(lowest, highest)] of levels 1, 2, ...: each value stands for `FACTOR` of the level below, run by run.

    A NaN counts only where all values are NaN.
    """
    low = high = values
    bounds = [(run.first, run.count) for run in runs]
    made = []
    for _ in range(levels_for(len(values))):
        low, high, bounds = _reduced(low, high, bounds)
        made.append((low, high))
    return made


def _reduced(
    low: np.ndarray, high: np.ndarray, bounds: Sequence[tuple[int, int]]
) -> tuple[np.ndarray, np.ndarray, list[tuple[int, int]]]:
    sizes = [-(-count // FACTOR) for _, count in bounds]
    lows, highs = (np.empty(sum(sizes), one.dtype) for one in (low, high))
    after, at = [], 0
    least, most = (np.fmin, np.fmax) if low.dtype.kind == "f" else (np.minimum, np.maximum)
    for (first, count), size in zip(bounds, sizes, strict=True):
        _four(low[first : first + count], lows[at : at + size], least)
        _four(high[first : first + count], highs[at : at + size], most)
        after.append((at, size))
        at += size
    return lows, highs, after


def _four(source: np.ndarray, out: np.ndarray, choose: np.ufunc) -> None:
    """Each value of `out` from `FACTOR` values of `source`; the last from what is left."""
    whole = len(source) // FACTOR
    parts = source[: whole * FACTOR].reshape(whole, FACTOR)
    choose(parts[:, 0], parts[:, 1], out=out[:whole])
    choose(out[:whole], parts[:, 2], out=out[:whole])
    choose(out[:whole], parts[:, 3], out=out[:whole])
    if len(out) > whole:
        out[whole] = choose.reduce(source[whole * FACTOR :])
