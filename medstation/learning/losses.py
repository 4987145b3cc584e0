"""Losses that several recipes share: cross-entropy and focal with class weights, and the loss of a quantile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch.nn import functional

from medstation.learning.recipe import IGNORED

LEAST = 1e-6
"""What is left to learn of a decision that is certain: at 0 the slope of a root would be infinite."""


def class_loss(
    scores: torch.Tensor, truth: torch.Tensor, weight: torch.Tensor | None = None, gamma: float = 0.0
) -> torch.Tensor:
    """Mean over the decisions that are known, each times its `weight`; `gamma` 0 is cross-entropy, above it focal.

    `scores` (decisions, classes) before softmax, `truth` (decisions,) with `IGNORED`, `weight` (decisions,). The focal
    loss multiplies by (1 - p)^gamma, p the probability of what is right (Lin 2017).
    """
    each = functional.cross_entropy(scores, truth, reduction="none", ignore_index=IGNORED)
    if gamma:
        each = each * (1 - torch.exp(-each)).clamp(min=LEAST) ** gamma
    if weight is not None:
        each = each * weight
    return each.sum() / (truth != IGNORED).sum().clamp(min=1)


def class_weights(counts: Mapping[str, int], classes: Sequence[str]) -> list[float]:
    """Inverse frequencies, such that an average case weighs 1; a class without cases weighs nothing."""
    present = [count for count in counts.values() if count]
    total = sum(present)
    return [total / (len(present) * counts[name]) if counts.get(name) else 0.0 for name in classes]


def quantile_loss(values: torch.Tensor, wanted: torch.Tensor, quantile: float) -> torch.Tensor:
    """Mean over what is known (no NaN) of the loss whose minimum is the `quantile` of the outcome (Koenker 1978)."""
    known = torch.isfinite(wanted)
    short = torch.where(known, torch.nan_to_num(wanted) - values, 0.0)
    return torch.maximum(quantile * short, (quantile - 1) * short).sum() / known.sum().clamp(min=1)
