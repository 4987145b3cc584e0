"""The edge of a region as straight runs between pixels, so that it stays sharp at any zoom. No Qt here."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def outline(inside: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Runs (n, 4) as (row, column, row, column) in pixel corners around the true pixels of `inside` (rows, columns)."""
    padded = np.pad(inside, 1)
    across = runs(padded[1:, 1:-1] != padded[:-1, 1:-1])
    down = runs((padded[1:-1, 1:] != padded[1:-1, :-1]).T)
    return np.concatenate([across[:, [0, 1, 0, 2]], down[:, [1, 0, 2, 0]]])


def runs(flags: NDArray[np.bool_]) -> NDArray[np.int64]:
    """(line, start, end) of every run of true values along the lines of `flags`."""
    steps = np.diff(np.pad(flags, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    lines, starts = np.nonzero(steps == 1)
    ends = np.nonzero(steps == -1)[1]
    return np.stack([lines, starts, ends], axis=1).astype(np.int64)
