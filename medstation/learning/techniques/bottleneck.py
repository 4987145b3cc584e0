"""Bottleneck adapters: narrow networks behind frozen layers. They bend, so they stay in the model as they are."""

from __future__ import annotations

from torch import nn

from medstation.api import BadInput, Json
from medstation.learning.anatomy import Layer, anatomy, learnt_whole, parameters_of
from medstation.learning.bottleneck import Bottleneck, add_bottlenecks, takes_bottleneck
from medstation.learning.recipe import Settings
from medstation.learning.technique import Stage, Technique
from medstation.learning.trained import only, rest_frozen_norms, share, starts_from_base


class Bottlenecks(Technique):
    """One behind the last linear layer or convolution of each layer (Houlsby 2019; one per block: Pfeiffer 2021).

    A base that has them goes on with its own.
    """

    def __init__(self, settings: Settings) -> None:
        self._size, self._faster = int(settings["rank"]), float(settings["adapter_rate"])
        self._lasting: Json = {}

    def begin(self, network: nn.Module, stage: Stage) -> nn.Module:
        starts_from_base(stage, "bottleneck")
        known = anatomy(network, stage)
        whole = learnt_whole(network, known, stage)
        if not _inside(network):
            self._add(network, [layer for layer in known.layers[:-1] if not _touches(network, layer, whole)])
        self._own = _inside(network)
        only(network, whole | self._own)
        made = sum(isinstance(module, Bottleneck) for module in network.modules())
        stage.notes.append(f"{made} bottlenecks of width {self._size}, which stay in the model. {share(network)}")
        return network

    def _add(self, network: nn.Module, layers: list[Layer]) -> None:
        names = [found for layer in layers if (found := _last(network, layer))]
        if not names:
            raise BadInput(
                "trained=bottleneck finds no layer of this network to stand behind", "Set trained=last or all."
            )
        self._lasting = {"bottleneck": {"size": self._size, "at": names}}
        add_bottlenecks(network, self._lasting["bottleneck"])

    def lasting(self) -> Json:
        return self._lasting

    def rate(self, name: str) -> float:
        return self._faster if name in self._own else 1.0

    def mode(self, network: nn.Module) -> None:
        rest_frozen_norms(network)


def _inside(network: nn.Module) -> set[str]:
    """The parameters of the bottlenecks themselves."""
    found = [(name, module) for name, module in network.named_modules() if isinstance(module, Bottleneck)]
    return {f"{name}.{part}.{own}" for name, module in found for part in ("down", "up")
            for own, _ in module.get_submodule(part).named_parameters()}  # fmt: skip


def _touches(network: nn.Module, layer: Layer, names: set[str]) -> bool:
    return bool(parameters_of(network, (layer,)) & names)


def _last(network: nn.Module, layer: Layer) -> str:
    fitting = [name for name in layer.modules if name and takes_bottleneck(network.get_submodule(name))]
    return fitting[-1] if fitting else ""
