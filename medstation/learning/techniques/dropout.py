"""One dropout rate for the whole network while it learns."""

from __future__ import annotations

from torch import nn

from medstation.api import BadInput
from medstation.learning.recipe import Settings
from medstation.learning.technique import Stage, Technique


class DropoutRate(Technique):
    def __init__(self, settings: Settings) -> None:
        self._rate = float(settings["dropout_rate"])

    def begin(self, network: nn.Module, stage: Stage) -> nn.Module:
        drops = [module for module in network.modules() if isinstance(module, nn.modules.dropout._DropoutNd)]
        if not drops:
            raise BadInput("this network has no dropout whose rate could be set", "Set dropout_rate=-1.")
        for drop in drops:
            drop.p = self._rate
        return network
