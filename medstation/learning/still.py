"""Chance that varies nothing: batches for measuring, as the recipe makes them but without noise and turns."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike


class Still(np.random.Generator):
    """A generator whose noise is none: normal draws are their mean, uniform ones their middle, chances never happen.

    Choices among things (`choice`, `integers`, `permutation`) stay as they are, by `seed`.
    """

    def __init__(self, seed: int = 0) -> None:
        super().__init__(np.random.PCG64(seed))

    def normal(self, loc: ArrayLike = 0.0, scale: ArrayLike = 1.0, size: Any = None) -> Any:
        return _filled(loc, size)

    def standard_normal(self, size: Any = None, dtype: Any = np.float64, out: Any = None) -> Any:
        return np.zeros(size if size is not None else (), dtype)

    def uniform(self, low: ArrayLike = 0.0, high: ArrayLike = 1.0, size: Any = None) -> Any:
        return _filled((np.asarray(low) + np.asarray(high)) / 2, size)

    def random(self, size: Any = None, dtype: Any = np.float64, out: Any = None) -> Any:
        """Just below 1, so that `random() < chance` is False."""
        return _filled(np.nextafter(1.0, 0.0), size)


def _filled(value: ArrayLike, size: Any) -> Any:
    return np.full(size, value) if size is not None else np.asarray(value)[()]
