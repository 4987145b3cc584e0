"""The learning rate as a function of the step: no state, so a resumed run needs nothing but the step's number."""

from __future__ import annotations

import math


def rate_factor(kind: str, step: int, total: int, warmup: float) -> float:
    """What the full learning rate is multiplied by at `step` (0 .. total - 1).

    `kind` is "constant", "linear" or "cosine"; `warmup` is the part of `total` in which the factor rises in a straight
    line to 1. Afterwards "linear" and "cosine" fall towards 0, which they would reach at `total`.
    """
    warm_steps = math.ceil(total * warmup)
    if step < warm_steps:
        return (step + 1) / (warm_steps + 1)
    if kind == "constant":
        return 1.0
    gone = (step - warm_steps) / max(1, total - warm_steps)
    gone = min(1.0, gone)
    return 1.0 - gone if kind == "linear" else 0.5 * (1.0 + math.cos(math.pi * gone))
