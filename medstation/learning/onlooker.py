"""A model as it looks at records without a label: how sure it is of each, and what each is like."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn

from medstation.api import FileSource, Json, Record, Unavailable
from medstation.learning.features import decides_linearly, features, last_layer
from medstation.learning.recipe import Batch, Recipe, device_of
from medstation.learning.suggestions import Look, Numbers

TOP = 0.05
"""The share of a record's decisions, the least sure ones, that its uncertainty is the mean of."""


class Onlooker:
    """A model that says of records how sure it is of them. The network is ready and in evaluation mode."""

    def __init__(self, recipe: Recipe[Any], network: nn.Module, config: Json) -> None:
        if recipe.decides != "classes":
            raise Unavailable("this recipe's models tell no classes to be sure of", "It learns without labels.")
        self._recipe, self._network, self._config = recipe, network, config
        self._layer = ""

    def look(self, record: Record, files: FileSource) -> Look:
        """One record, without its label."""
        with torch.no_grad():
            asked = self._recipe.asked(self._network, record, files, self._config)
            device = device_of(self._network)
            batch = {name: tensor.to(device) for name, tensor in asked.batch.items()}
            scores = self._recipe.outputs(self._network, batch)
            counted = slice(None) if asked.decisions is None else asked.decisions.flatten().to(device)
            return Look(unsureness(scores[counted]), self._vector(batch, counted))

    def _vector(self, batch: Batch, counted: Any) -> Numbers:
        """The mean of what the last layer decides from; of the widest layer, where the last one looks around."""
        network = self._network
        if not self._layer:
            self._layer = last_layer(network, lambda: self._recipe.outputs(network, batch))
        if decides_linearly(network.get_submodule(self._layer)):
            found = features(self._recipe, network, self._layer, batch)[counted].mean(dim=0)
        else:
            found = self._widest(batch)
        return found.double().cpu().numpy()

    def _widest(self, batch: Batch) -> torch.Tensor:
        kinds = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
        layers = [module for module in self._network.modules() if isinstance(module, kinds)]
        if not layers:
            raise Unavailable(f"{type(self._network).__name__} has no features to compare", "Choose another model.")
        seen: list[torch.Tensor] = []
        widest = max(layers, key=lambda layer: layer.out_channels)
        hook = widest.register_forward_hook(lambda module, given, out: seen.append(out.flatten(2).mean(dim=(0, 2))))
        try:
            self._recipe.outputs(self._network, batch)
        finally:
            hook.remove()
        return seen[-1]


def unsureness(scores: torch.Tensor) -> float:
    """The entropy of scores (decisions, classes) before softmax, 0 to 1, as the mean over the least sure decisions."""
    logs = scores.float().log_softmax(dim=1)
    each = -(logs.exp() * logs).sum(dim=1) / math.log(max(scores.shape[1], 2))
    return float(each.topk(max(1, math.ceil(TOP * len(each)))).values.mean()) if len(each) else 0.0
