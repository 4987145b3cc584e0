"""Weights that are exactly zero stay so: a pruned model learns again without growing back."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from medstation.learning.recipe import Settings
from medstation.learning.technique import Stage, Technique


class KeepZeros(Technique):
    """Where matrices and filters of the base are zero, they are set to zero again after every step."""

    def __init__(self, settings: Settings) -> None:
        self._zero: dict[str, torch.Tensor] = {}

    def begin(self, network: nn.Module, stage: Stage) -> nn.Module:
        found = {name: one.detach() == 0 for name, one in network.named_parameters() if one.ndim > 1}
        self._zero = {name: zero for name, zero in found.items() if bool(zero.any())}
        kept = sum(int(zero.sum()) for zero in self._zero.values())
        stage.notes.append(f"{kept} weights that were zero at the start stay zero.")
        return network

    def stepped(self, network: nn.Module, step: int, total: int) -> None:
        parameters: dict[str, Any] = dict(network.named_parameters())
        with torch.no_grad():
            for name, zero in self._zero.items():
                parameters[name].masked_fill_(zero.to(parameters[name].device), 0.0)
