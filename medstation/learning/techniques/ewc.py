"""Elastic weight consolidation: weights that the earlier cases depend on are pulled back to where the base had them.

The penalty is strength / 2 * sum of importance * (weight - base's weight)², the importance being the diagonal of the
Fisher information on the earlier cases (Kirkpatrick 2017), scaled to a mean of 1 so that one strength serves every
network. Without earlier cases it is 1 everywhere, which is a pull to the starting point (Li 2018).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from medstation.api import Case, ModelInfo
from medstation.learning.earlier import base_of, to_learn
from medstation.learning.network import changed
from medstation.learning.recipe import Batch, Settings
from medstation.learning.samples import Samples
from medstation.learning.technique import LossOf, Stage, Technique
from medstation.learning.weights import State, load_all, unpack

MOST_CASES = 64
"""Earlier cases that the importance is measured on."""


class Ewc(Technique):
    def __init__(self, settings: Settings) -> None:
        self._strength = float(settings["ewc"])
        self._held: list[tuple[nn.Parameter, torch.Tensor, torch.Tensor]] = []

    def begin(self, network: nn.Module, stage: Stage) -> nn.Module:
        base = stage.request.base
        if base is None:
            stage.notes.append("No weights are held: there is no base model.")
            return network
        start = unpack(stage.bench.weights(base.id))
        cases = to_learn(stage.request)[:MOST_CASES] if base_of(stage.request) else []
        weighed = _importance(base, start, cases, stage) if cases else {}
        for name, parameter in network.named_parameters():
            if name in start and start[name].shape == parameter.shape:
                importance = weighed.get(name, torch.ones_like(start[name], dtype=torch.float32))
                self._held.append((parameter, start[name].float(), importance))
        by = f"as much as {len(cases)} earlier cases depend on them" if cases else "all alike, without earlier cases"
        stage.notes.append(f"Weights are held near the base's, {by}.")
        return network

    def loss(self, model: nn.Module, batch: Batch, inner: LossOf) -> torch.Tensor:
        return inner(model, batch) + self._strength / 2 * self._pull()

    def _pull(self) -> torch.Tensor:
        total = torch.zeros(())
        for place, (parameter, start, importance) in enumerate(self._held):
            if not parameter.requires_grad:
                continue
            if start.device != parameter.device:
                start, importance = start.to(parameter.device), importance.to(parameter.device)
                self._held[place] = (parameter, start, importance)
            total = total.to(parameter.device) + (importance * (parameter.float() - start) ** 2).sum()
        return total


def _importance(base: ModelInfo, weights: State, cases: Sequence[Case], stage: Stage) -> State:
    """The mean squared gradient of the base's own loss, one case at a time, by parameter, with a mean of 1 over all."""
    recipe, config = stage.recipe, base.config
    network = changed(recipe.build(config), config)
    load_all(network, weights)
    network.eval()
    samples = Samples(recipe, config, stage.bench)
    parameters = dict(network.named_parameters())
    total = {name: torch.zeros_like(one, dtype=torch.float32) for name, one in parameters.items()}
    with torch.enable_grad():
        for number, case in enumerate(cases):
            batch = recipe.batch([samples[case]], config, np.random.default_rng(number))
            learning = [one for one in parameters.values() if one.requires_grad]
            slopes = torch.autograd.grad(recipe.loss(network, batch), learning, allow_unused=True)
            named = [name for name, one in parameters.items() if one.requires_grad]
            for name, slope in zip(named, slopes, strict=True):
                if slope is not None:
                    total[name] += slope.detach().float() ** 2
    mean = sum(float(one.sum()) for one in total.values()) / sum(one.numel() for one in total.values())
    return {name: one / max(mean, 1e-30) for name, one in total.items()}
