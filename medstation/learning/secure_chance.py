"""Chance from the operating system's generator, for what nobody may be able to repeat. No seed, no state."""

from __future__ import annotations

import math
import os

import numpy as np
from numpy.typing import NDArray

_BITS = 53


def uniform(count: int) -> NDArray[np.float64]:
    """Numbers in [0, 1), with all 53 bits that a float64 holds."""
    drawn = np.frombuffer(os.urandom(8 * count), np.uint64) >> np.uint64(64 - _BITS)
    return drawn.astype(np.float64) * 2.0**-_BITS


def normal(count: int) -> NDArray[np.float64]:
    """Numbers of the standard normal distribution (Box and Muller 1958)."""
    pairs = -(-count // 2)
    radius = np.sqrt(-2 * np.log1p(-uniform(pairs)))
    angle = 2 * math.pi * uniform(pairs)
    return np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])[:count]
