"""Small matrices or factors learn beside frozen layers, and are merged into them at the end (peft)."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import nn

from medstation.api import BadInput
from medstation.learning.anatomy import anatomy, learnt_whole
from medstation.learning.recipe import Settings
from medstation.learning.technique import Stage, Technique
from medstation.learning.trained import rest_frozen_norms, share, starts_from_base
from medstation.learning.weights import State, standing

ADAPTER = "default"
"""peft's name for the one adapter of a network."""
_MARKS = ("lora_", "ia3_")
"""What peft calls an adapter's own tensors."""


@dataclass(frozen=True)
class Kind:
    """`fits`: the types of layers that peft adapts in this way; `added`: how many weights that costs at a rank."""

    fits: tuple[type[nn.Module], ...]
    added: Callable[[nn.Module, int], int]
    config: Callable[[str, int], Any]


def low_rank(layer: Any, rank: int) -> int:
    outs = int(layer.weight.shape[0])
    return rank * (outs + int(layer.weight.numel()) // outs)


def _factors(layer: Any, rank: int) -> int:
    return int(layer.weight.shape[0])


def _lora(targets: str, rank: int, **options: Any) -> Any:
    from peft import LoraConfig

    return LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=targets, **options)


def _ia3(targets: str, rank: int) -> Any:
    from peft import IA3Config

    return IA3Config(target_modules=targets, feedforward_modules=[])


_ANY = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)

KINDS: dict[str, Kind] = {
    "lora": Kind(_ANY, low_rank, _lora),
    "rslora": Kind(_ANY, low_rank, partial(_lora, use_rslora=True)),
    "dora": Kind(
        _ANY, lambda layer, rank: low_rank(layer, rank) + _factors(layer, rank), partial(_lora, use_dora=True)
    ),
    "ia3": Kind((nn.Linear, nn.Conv2d, nn.Conv3d), _factors, _ia3),
}


class Adapters(Technique):
    """LoRA (Hu 2021), rsLoRA (Kalajdzievski 2023), DoRA (Liu 2024) and IA³ (Liu 2022). The head learns whole."""

    kind: Kind | None = None

    def __init__(self, settings: Settings) -> None:
        self._trained = str(settings["trained"])
        self._rank, self._faster = int(settings["rank"]), float(settings["adapter_rate"])
        self._kind = self.kind or KINDS[self._trained]

    def begin(self, network: nn.Module, stage: Stage) -> nn.Module:
        starts_from_base(stage, self._trained)
        known = anatomy(network, stage)
        names = learnt_whole(network, known, stage)
        whole = [parameter for name, parameter in network.named_parameters() if name in names]
        owners = {name.rpartition(".")[0] for name in names}
        body = [name for layer in known.layers for name in layer.modules if name not in owners]
        chosen = [name for name in body if name in known.called and self._fits(network.get_submodule(name))]
        if not chosen:
            raise BadInput(f"trained={self._trained} finds no layer of this network to adapt", self._advice(body))
        self.inject(network, _exactly(chosen), stage)
        for parameter in whole:
            parameter.requires_grad_(True)
        plain = [name for name in set(body) - set(chosen) if _mixes(network.get_submodule(name))]
        left = f"; {len(plain)} are of a kind or size that it does not fit and stay as they are" if plain else ""
        stage.notes.append(f"{self._trained} in {len(chosen)} layers{left}. {share(network)}")
        return network

    def inject(self, network: nn.Module, targets: str, stage: Stage) -> None:
        """Freeze the network and put adapters beside the layers that `targets`, a pattern, matches."""
        from peft import inject_adapter_in_model

        inject_adapter_in_model(self._kind.config(targets, self._rank), network, ADAPTER)

    def most_rank(self) -> int:
        """The highest rank that an adapter ever has."""
        return self._rank

    def _fits(self, layer: nn.Module) -> bool:
        """Of a type that can be adapted, and with more weights of its own than the adapter would have."""
        if not isinstance(layer, self._kind.fits) or getattr(layer, "groups", 1) > 1:
            return False
        return self._kind.added(layer, self.most_rank()) < sum(one.numel() for one in layer.parameters())

    def _advice(self, body: list[str]) -> str:
        if not body:
            return "The network is hardly more than its head: set trained=all."
        return "Set a lower rank, or trained=lora, last or all."

    def rate(self, name: str) -> float:
        return self._faster if any(mark in name for mark in _MARKS) else 1.0

    def mode(self, network: nn.Module) -> None:
        rest_frozen_norms(network)

    def merged(self, network: nn.Module) -> State:
        """Every adapted layer as one plain layer, under its own name. The network stays as it is."""
        from peft.tuners.tuners_utils import BaseTunerLayer

        state = network.state_dict()
        for name, module in network.named_modules():
            if isinstance(module, BaseTunerLayer):
                state = {key: one for key, one in state.items() if not key.startswith(f"{name}.")}
                alone: Any = copy.deepcopy(module)
                if isinstance(alone.get_base_layer(), nn.Conv3d) and hasattr(alone, "lora_A"):
                    alone.get_delta_weight = partial(_product, alone)
                alone.merge()
                state |= {f"{name}.{key}": one for key, one in alone.get_base_layer().state_dict().items()}
        return standing(state)


def _product(layer: Any, adapter: str) -> torch.Tensor:
    """What LoRA adds to a convolution's weight; peft's own fails for volumes with a kernel of one voxel (0.21)."""
    sides = [side[adapter].weight.flatten(1) for side in (layer.lora_B, layer.lora_A)]
    added: torch.Tensor = (sides[0] @ sides[1]).view_as(layer.get_base_layer().weight) * layer.scaling[adapter]
    return added


def _mixes(module: nn.Module) -> bool:
    own = list(module.parameters(recurse=False))
    return not isinstance(module, nn.Embedding) and any(one.ndim > 1 for one in own)


def _exactly(names: list[str]) -> str:
    """A pattern for these modules alone: peft takes a list's names for endings."""
    return "|".join(re.escape(name) for name in names)
