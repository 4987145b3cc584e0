"""Which records to label next: those that a model is unsure of, and that are unlike each other. NumPy only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

POOL = 5
"""Among so many times more of the least sure records, those unlike each other are chosen."""

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Look:
    """`unsure` 0 (certain) to 1 (every class alike); `vector` says what the record is like, for the network."""

    unsure: float
    vector: Numbers


def chosen(looks: Sequence[Look], count: int) -> list[int]:
    """Places of at most `count` records: the least sure one, then whichever is furthest from all chosen so far.

    Greedy k-centres (Sener and Savarese 2018) among the least sure; features count in units of their deviation.
    """
    ranked = sorted(range(len(looks)), key=lambda place: -looks[place].unsure)
    pool = ranked[: POOL * count]
    if not pool:
        return []
    vectors = np.stack([looks[place].vector for place in pool])
    vectors = (vectors - vectors.mean(axis=0)) / (vectors.std(axis=0) + 1e-9)
    taken = [0]
    apart = np.linalg.norm(vectors - vectors[0], axis=1)
    while len(taken) < min(count, len(pool)):
        apart[taken] = -1.0
        taken.append(int(apart.argmax()))
        apart = np.minimum(apart, np.linalg.norm(vectors - vectors[taken[-1]], axis=1))
    return [pool[place] for place in taken]
