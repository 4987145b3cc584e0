"""Magnitude pruning (Han 2015): the smallest weights of the whole network become zero, whatever layer they are in.

Zeros take no room when they are stored (`compact.without_zeros`), but a processor computes with them all the same.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch.nn.utils import prune

from medstation.learning.compact import State


def pruned(state: Mapping[str, torch.Tensor], share: float) -> State:
    """A copy with the `share` (0 to 1) of smallest numbers in matrices and filters at 0; vectors and tables of few
    numbers are left as they are, and so is what does not learn."""
    chosen = [name for name, tensor in state.items() if tensor.is_floating_point() and tensor.ndim > 1]
    holders = [_Holder(state[name]) for name in chosen]
    if not holders or share <= 0:
        return dict(state)
    prune.global_unstructured([(one, "weight") for one in holders], prune.L1Unstructured, amount=share)
    return {**state, **{name: one.weight.detach() for name, one in zip(chosen, holders, strict=True)}}


class _Holder(torch.nn.Module):
    """One tensor as torch's pruning wants to see it."""

    weight: torch.Tensor

    def __init__(self, tensor: torch.Tensor) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(tensor.detach().clone().float())


def zeros_in(state: Mapping[str, torch.Tensor]) -> float:
    """The share of zeros among all numbers."""
    total = sum(tensor.numel() for tensor in state.values())
    return sum(int((tensor == 0).sum()) for tensor in state.values()) / max(total, 1)
