"""A narrow network behind a layer, which learns what is to be added to the layer's answer (Houlsby 2019)."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from medstation.api import Json

_CONVOLUTIONS: dict[type[nn.Module], type[nn.Module]] = {
    nn.Conv1d: nn.Conv1d,
    nn.Conv2d: nn.Conv2d,
    nn.Conv3d: nn.Conv3d,
    nn.ConvTranspose1d: nn.Conv1d,
    nn.ConvTranspose2d: nn.Conv2d,
    nn.ConvTranspose3d: nn.Conv3d,
}


class Bottleneck(nn.Module):
    """`layer` (linear or convolution), then y + up(gelu(down(y))); adds nothing before it has learnt."""

    def __init__(self, layer: nn.Module, size: int) -> None:
        super().__init__()
        self.layer = layer
        self.down, self.up = _pair(layer, size)
        for parameter in self.up.parameters():
            nn.init.zeros_(parameter)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        said: torch.Tensor = self.layer(x)
        added: torch.Tensor = self.up(functional.gelu(self.down(said)))
        return said + added


def takes_bottleneck(layer: nn.Module) -> bool:
    return isinstance(layer, (nn.Linear, *_CONVOLUTIONS))


def _pair(layer: nn.Module, size: int) -> tuple[nn.Module, nn.Module]:
    """From the layer's width to `size` and back, at each place alone."""
    if isinstance(layer, nn.Linear):
        return nn.Linear(layer.out_features, size), nn.Linear(size, layer.out_features)
    kind = next(made for one, made in _CONVOLUTIONS.items() if isinstance(layer, one))
    width = int(layer.out_channels)  # type: ignore[arg-type]  # every convolution has it
    return kind(width, size, 1), kind(size, width, 1)


def add_bottlenecks(network: nn.Module, plan: Json) -> None:
    """`plan`: {"size": numbers, "at": names of layers}. A layer that the network has not is left out."""
    known = dict(network.named_modules())
    for name in plan["at"]:
        layer = known.get(name)
        if layer is not None and takes_bottleneck(layer):
            parent, _, own = name.rpartition(".")
            setattr(network.get_submodule(parent), own, Bottleneck(layer, int(plan["size"])))
