"""Learning rates that fall from layer to layer: what is nearer to the input is more general and moves less."""

from __future__ import annotations

from torch import nn

from medstation.learning.anatomy import anatomy
from medstation.learning.recipe import Settings
from medstation.learning.technique import Stage, Technique


class LayerRates(Technique):
    """Each layer at `layer_decay` times the rate of the layer above it (Howard and Ruder 2018)."""

    def __init__(self, settings: Settings) -> None:
        self._decay = float(settings["layer_decay"])
        self._above: dict[str, int] = {}

    def begin(self, network: nn.Module, stage: Stage) -> nn.Module:
        layers = anatomy(network, stage).layers
        for above, layer in enumerate(reversed(layers)):
            self._above |= dict.fromkeys((layer.name, *layer.modules), above)
        lowest = self._decay ** (len(layers) - 1)
        stage.notes.append(f"The lowest of {len(layers)} layers learns at {lowest:.2g} of the head's rate.")
        return network

    def rate(self, name: str) -> float:
        """By the nearest module around the parameter that is a layer or in one: adapters stand inside theirs."""
        while name and name not in self._above:
            name = name.rpartition(".")[0]
        return self._decay ** self._above.get(name, 0)
