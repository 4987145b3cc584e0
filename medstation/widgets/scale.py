"""Axis arithmetic: round ticks and value ranges. No Qt."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence


def value_range(values: Iterable[float]) -> tuple[float, float]:
    """The smallest and largest finite value, widened a little; (0, 1) when there is none."""
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return 0.0, 1.0
    low, high = min(finite), max(finite)
    pad = (high - low) * 0.06 or abs(high) * 0.1 or 0.5
    return low - pad, high + pad


def ticks(low: float, high: float, count: int = 4) -> list[float]:
    """About `count` round numbers from `low` to `high`: multiples of 1, 2 or 5 times a power of ten."""
    if not high > low:
        return [low]
    smallest = (high - low) / (count + 1.5)
    power = 10.0 ** math.floor(math.log10(smallest))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= smallest * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [index * step for index in range(first, math.floor(high / step + 1e-9) + 1)]


def tick_texts(values: Sequence[float]) -> list[str]:
    """Ticks as short text, all with as many decimals as their distance needs."""
    if len(values) < 2:
        return [f"{value:g}" for value in values]
    decimals = max(0, -math.floor(math.log10(abs(values[1] - values[0])) + 1e-9))
    return [f"{value:.{decimals}f}" if decimals < 6 else f"{value:.1e}" for value in values]
