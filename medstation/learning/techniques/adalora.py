"""LoRA whose ranks go where they help most: a budget of ranks falls while the run goes on (AdaLoRA, Zhang 2023)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from medstation.api import Json
from medstation.learning.recipe import Batch
from medstation.learning.technique import LossOf, Stage
from medstation.learning.techniques.adapters import ADAPTER, Adapters, Kind, low_rank
from medstation.learning.weights import State

START = 1.5
"""Every layer's rank at the beginning, over the mean one at the end."""
RISING, SETTLED = 0.1, 0.3
"""The parts of the run before the first change of ranks, and after the last one."""
CHANGES = 100
"""About how often ranks are dealt out anew."""
ORTHOGONAL = 0.1
"""How strongly an adapter's directions are kept apart."""


class AdaLora(Adapters):
    """`rank` is the mean rank at the end. peft measures what each direction is worth, and deals the ranks out."""

    kind = Kind((nn.Linear, nn.Conv2d), lambda layer, rank: low_rank(layer, rank) + rank, lambda targets, rank: None)

    def most_rank(self) -> int:
        return max(self._rank + 1, round(START * self._rank))

    def inject(self, network: nn.Module, targets: str, stage: Stage) -> None:
        from peft import AdaLoraConfig, AdaLoraModel

        # the run's length is not known yet: `stepped` sets it before it is first used
        config = AdaLoraConfig(
            init_r=self.most_rank(),
            target_r=self._rank,
            lora_alpha=2 * self._rank,
            target_modules=targets,
            total_step=1,
        )
        make: Any = AdaLoraModel
        self._tuner = make(network, config, ADAPTER)
        named = list(network.named_parameters())
        self._sides = [one for name, one in named if ".lora_A." in name] + [
            one.T for name, one in named if ".lora_B." in name
        ]

    @property
    def _config(self) -> Any:
        return self._tuner.peft_config[ADAPTER]

    def loss(self, model: nn.Module, batch: Batch, inner: LossOf) -> torch.Tensor:
        """With the distance of every side from an orthogonal one."""
        return inner(model, batch) + ORTHOGONAL * torch.stack([_skew(side) for side in self._sides]).mean()

    def stepped(self, network: nn.Module, step: int, total: int) -> None:
        """peft's budget step, which needs the gradients of this step; a single step has nothing to deal out by."""
        config = self._config
        config.total_step, config.tinit, config.tfinal = total, int(RISING * total), int(SETTLED * total)
        config.deltaT = max(1, total // CHANGES)
        if total > 1:
            self._tuner.update_and_allocate(step)

    def values(self) -> Mapping[str, float]:
        kept = self._config.rank_pattern
        if not kept:
            return {"rank/mean": float(self.most_rank())}
        ranks = [sum(one) for one in kept.values()]
        return {"rank/mean": sum(ranks) / len(ranks), "rank/lowest": min(ranks), "rank/highest": max(ranks)}

    def state(self) -> Json:
        return {"ranks": self._config.rank_pattern}

    def restore(self, state: Json) -> None:
        self._config.rank_pattern = state["ranks"]

    def tensors(self) -> State:
        """How much each number was worth so far, and how steadily."""
        allocator = self._tuner.rankallocator
        worth = {f"worth/{name}": one for name, one in allocator.exp_avg_ipt.items()}
        return worth | {f"unsure/{name}": one for name, one in allocator.exp_avg_unc.items()}

    def restore_tensors(self, tensors: State) -> None:
        allocator = self._tuner.rankallocator
        for key, tensor in tensors.items():
            kind, _, name = key.partition("/")
            own = self._tuner.model.get_parameter(name)
            held = allocator.exp_avg_ipt if kind == "worth" else allocator.exp_avg_unc
            held[name] = tensor.to(own.device)
            allocator.ipt[name] = torch.zeros_like(own)


def _skew(side: torch.Tensor) -> torch.Tensor:
    """How far the rows of `side` (rank, width) are from being orthogonal and of length 1."""
    distance: torch.Tensor = torch.linalg.norm(side @ side.T - torch.eye(len(side), device=side.device))
    return distance
