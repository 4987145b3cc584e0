"""Only the upper part of a network learns: its head, its last layers, or more of it with every epoch."""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn

from medstation.learning.anatomy import anatomy, learnt_whole, parameters_of
from medstation.learning.recipe import Settings
from medstation.learning.technique import Stage, Technique
from medstation.learning.trained import only, rest_frozen_norms, share, starts_from_base


class LastLayers(Technique):
    """The head, or the last layers in the order of computing, and whatever the base could not give."""

    def __init__(self, settings: Settings) -> None:
        self._trained = str(settings["trained"])
        self._count = 1 if self._trained == "head" else int(settings["trained_layers"])

    def begin(self, network: nn.Module, stage: Stage) -> nn.Module:
        starts_from_base(stage, self._trained)
        known = anatomy(network, stage)
        only(network, learnt_whole(network, known, stage, self._count))
        count = len(known.layers)
        stage.notes.append(f"Of {count} layers the last {min(self._count, count)} learn: {share(network)}")
        return network

    def mode(self, network: nn.Module) -> None:
        rest_frozen_norms(network)


class Gradual(Technique):
    """The head in the first epoch, and some layers more with each one after it (Howard and Ruder 2018)."""

    def __init__(self, settings: Settings) -> None:
        self._more = int(settings["trained_layers"])
        self._learning = 1

    def begin(self, network: nn.Module, stage: Stage) -> nn.Module:
        starts_from_base(stage, "gradual")
        known = anatomy(network, stage)
        self._layers = [parameters_of(network, (layer,)) for layer in reversed(known.layers)]
        self._always = learnt_whole(network, known, stage)
        stage.notes.append(f"Layers learn from the head down: {self._more} more of {len(self._layers)} each epoch.")
        return network

    def epoch(self, network: nn.Module, epoch: int, epochs: int) -> None:
        """What is frozen gets no gradient, and then the optimizer leaves it as it is."""
        self._learning = min(1 + self._more * (epoch - 1), len(self._layers))
        known = set().union(*self._layers)
        free = set().union(self._always, *self._layers[: self._learning])
        for name, parameter in network.named_parameters():
            if name in known:
                parameter.requires_grad_(name in free)

    def mode(self, network: nn.Module) -> None:
        rest_frozen_norms(network)

    def values(self) -> Mapping[str, float]:
        return {"layers that learn": float(self._learning)}
