"""A site's own part of a round: training from the common weights on its own cases, and what changed by that."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import nn

from medstation.api import Event, FileSource, Json, Record, TrainRequest, Workbench, resolve
from medstation.learning import device
from medstation.learning.checkpoint import pack_state
from medstation.learning.course import Course
from medstation.learning.epochs import train_epoch
from medstation.learning.parts import split
from medstation.learning.recipe import Recipe
from medstation.learning.run import Run, opened
from medstation.learning.weights import State

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Start:
    """What a federation begins with. `shared` names what is learnt and therefore travels every round."""

    config: Json
    weights: Arrays
    shared: tuple[str, ...]


def begun(recipe: Recipe[Any], request: TrainRequest, bench: Workbench) -> Generator[Event, None, Start]:
    """Plan the model on this site's training cases, as a run would."""
    run = yield from _opened(recipe, request, bench)
    weights = run.training.weights()
    return Start(run.config, _arrays(weights), tuple(_learnt(run.training.network, weights)))


def trained(
    recipe: Recipe[Any], request: TrainRequest, bench: Workbench, start: Start
) -> Generator[Event, None, tuple[Arrays, int]]:
    """Train the settings' epochs from `start`; what that changed in the shared tensors, and on how many cases."""
    run = yield from _opened(recipe, request, _Given(bench, start))
    with device.opened(run.settings, request.seed):
        for epoch in range(1, run.epochs + 1):
            yield from train_epoch(run, epoch)
    after = _arrays(run.training.weights())
    changes = {name: after[name].astype(np.float64) - start.weights[name] for name in start.shared}
    return changes, len(run.parts.train)


def plain(recipe: Recipe[Any], request: TrainRequest, bench: Workbench, start: Start) -> Generator[Event, None, State]:
    """The weights of `start` as the recipe's own network has them: adapters merged."""
    run = yield from _opened(recipe, request, _Given(bench, start))
    return run.training.plain_weights()


def _opened(recipe: Recipe[Any], request: TrainRequest, bench: Workbench) -> Generator[Event, None, Run[Any]]:
    """A run over the training cases alone: what is held out is for judging the common model."""
    request = replace(request, cases=[case for case in request.cases if case.part == "train"])
    settings = resolve(recipe.settings, request.settings)
    parts = split(request.cases, recipe.labelled)
    with device.opened(settings, request.seed) as accelerator:
        return (yield from opened(recipe, request, bench, settings, parts, accelerator))


def _learnt(network: nn.Module, weights: State) -> Iterable[str]:
    """Parameters that learn, and the statistics that norms keep of them."""
    learns = {name for name, parameter in network.named_parameters() if parameter.requires_grad}
    fixed = {name for name, parameter in network.named_parameters() if not parameter.requires_grad}
    for name, tensor in weights.items():
        if tensor.is_floating_point() and (name in learns or (name not in fixed and not fixed)):
            yield name


def _arrays(weights: Mapping[str, torch.Tensor]) -> Arrays:
    return {name: tensor.numpy() for name, tensor in weights.items()}


class _Given:
    """The bench, with `start` as the checkpoint to go on from."""

    def __init__(self, bench: Workbench, start: Start) -> None:
        self._bench = bench
        self._start = start

    def checkpoint(self) -> bytes:
        weights = {name: torch.from_numpy(array.copy()) for name, array in self._start.weights.items()}
        groups = {"model": weights, "best": {}, "optimizer": {}, "chance": {"cpu": torch.get_rng_state()}}
        facts: Json = {"course": Course().to_json(), "steps": 0, "techniques": []}
        return pack_state(groups, self._start.config, facts)

    def files(self, record: Record) -> FileSource:
        return self._bench.files(record)

    def label(self, label_id: str) -> bytes:
        return self._bench.label(label_id)

    def weights(self, model_id: str) -> bytes:
        return self._bench.weights(model_id)

    def stop_requested(self) -> bool:
        return self._bench.stop_requested()
