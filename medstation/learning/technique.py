"""A technique: one idea beside the plain way of training, asked by the loop at fixed points. One file, one idea."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from medstation.api import Case, Json, Setting, TrainRequest, Workbench
from medstation.learning.parts import Parts
from medstation.learning.recipe import Batch, Recipe, Settings
from medstation.learning.samples import Samples
from medstation.learning.weights import State

if TYPE_CHECKING:
    from medstation.learning.training import Training

LossOf = Callable[[nn.Module, Batch], torch.Tensor]
Step = list[list[int]]
"""One step of the optimizer: its batches, each a list of places in `Stage.cases`."""


@dataclass
class Stage:
    """What a run begins with. `cases` are what steps are made of: the training cases, and what a technique appends.

    `notes` are sentences for the run page and the model's card; a technique says there what it changed, also later.
    `fresh` names the tensors of the network that the base did not give. `resumed`: the weights come from a checkpoint
    after `begin`. `weights` gives those of now, as the plain network has them (not yet in `begin`).
    """

    recipe: Recipe[Any]
    config: Json
    settings: Settings
    request: TrainRequest
    bench: Workbench
    parts: Parts
    samples: Samples[Any]
    cases: list[Case] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    resumed: bool = False
    fresh: tuple[str, ...] = ()
    weights: Callable[[], State] = dict

    def example(self, count: int = 2) -> Batch:
        """A batch of the first `count` training cases, the same one every time."""
        return self.batch(range(min(count, len(self.parts.train))), np.random.default_rng(0))

    def batch(self, places: Sequence[int], rng: np.random.Generator) -> Batch:
        """The batch of the cases at `places`, augmented by `rng`."""
        return self.recipe.batch([self.samples[self.cases[place]] for place in places], self.config, rng)


class Technique:
    """Every method does nothing unless it is overridden. Asked in the order of `medstation.learning.techniques`.

    A resumed run keeps its config, goes through `begin` again, gets its weights and `restore`: so `begin` makes the
    same structure each time, and whatever counts steps belongs into `state`.
    """

    settings: tuple[Setting, ...] = ()

    def surveyed(self, request: TrainRequest) -> Sequence[Case]:
        """Cases beside the training cases that the recipe's plan must know: those that will be learnt from too."""
        return ()

    def planned(self, config: Json, settings: Settings) -> Json:
        """The config, with what must be known to build the network again. Asked once, before the network is built."""
        return config

    def begin(self, network: nn.Module, stage: Stage) -> nn.Module:
        """The network to train: the one given, filled with the base's weights, changed or with parts frozen."""
        return network

    def rate(self, name: str) -> float:
        """What the learning rate of the parameter `name` is multiplied by."""
        return 1.0

    def steps(self, steps: list[Step], stage: Stage, rng: np.random.Generator) -> list[Step]:
        """The steps of an epoch, changed; their number stays the same."""
        return steps

    def epoch(self, network: nn.Module, epoch: int, epochs: int) -> None:
        """Before each epoch (counted from 1), and before a resumed one."""

    def mode(self, network: nn.Module) -> None:
        """After the network was put into training mode."""

    def loss(self, model: nn.Module, batch: Batch, inner: LossOf) -> torch.Tensor:
        """The loss of a batch; `inner` is the recipe's own, or that of the techniques before."""
        return inner(model, batch)

    def gradients(self, training: Training, batches: Sequence[Batch], loss_of: LossOf) -> float | None:
        """Fill the gradients of a step and return its loss; None for the usual way."""
        return None

    def stepped(self, network: nn.Module, step: int, total: int) -> None:
        """After the optimizer's step number `step` (from 1) of `total`, before the gradients are cleared."""

    def values(self) -> Mapping[str, float]:
        """Curves of the run page at the end of an epoch."""
        return {}

    def ended(self) -> str:
        """A reason to end training now, as a sentence; "" to go on."""
        return ""

    def merged(self, network: nn.Module) -> State | None:
        """The weights as the plain network has them, where `begin` changed its structure; else None."""
        return None

    def facts(self) -> Json:
        """What examinations and the model's card should know of it, by name, when the run is done."""
        return {}

    def lasting(self) -> Json:
        """What `begin` added to the network for good, for `network.changed` to make it again: {"prefix": ...}."""
        return {}

    def state(self) -> Json:
        """What must survive an interruption."""
        return {}

    def restore(self, state: Json) -> None:
        """The state of the checkpoint."""

    def tensors(self) -> State:
        """The same for what is made of tensors."""
        return {}

    def restore_tensors(self, tensors: State) -> None:
        """The tensors of the checkpoint, on the CPU."""
