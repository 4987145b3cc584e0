"""Distillation: a smaller network learns to answer as a larger one does (Hinton 2015)."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from medstation.api import BadInput, Json, ModelInfo
from medstation.learning.network import ready
from medstation.learning.recipe import IGNORED, Batch, Recipe, Settings
from medstation.learning.technique import LossOf, Stage, Technique

_NAMES = ("classes", "tags", "types")
"""What a config calls its classes, whose order is that of the scores."""


class Teacher(Technique):
    def __init__(self, settings: Settings) -> None:
        self._share = float(settings["teacher_weight"])
        self._heat = float(settings["teacher_temperature"])
        self._teacher: nn.Module
        self._recipe: Recipe[Any]

    def begin(self, network: nn.Module, stage: Stage) -> nn.Module:
        teacher = stage.request.teacher
        if teacher is None:
            raise BadInput("the teacher is not at hand", "Name a model of this vault in the setting teacher.")
        if not stage.recipe.decides:
            raise BadInput("this recipe does not tell what its models decide", "Leave the setting teacher empty.")
        self._recipe = stage.recipe
        _check_alike(stage, teacher)
        weights = stage.bench.weights(teacher.id)
        self._teacher = ready(stage.recipe.build(teacher.config), teacher.config, weights).requires_grad_(False)
        ratio = _count(network) / _count(self._teacher)
        stage.notes.append(
            f"Learns from {teacher.name} {teacher.version}; the student has {100 * ratio:.0f} % of its size."
        )
        return network

    def loss(self, model: nn.Module, batch: Batch, inner: LossOf) -> torch.Tensor:
        device = next(iter(batch.values())).device
        if next(self._teacher.parameters()).device != device:
            self._teacher.to(device)
        with torch.no_grad():
            wanted = self._recipe.outputs(self._teacher, batch)
        like = self._unlike(self._recipe.outputs(model, batch), wanted, self._recipe.truth(batch))
        return (1 - self._share) * inner(model, batch) + self._share * like

    def _unlike(self, said: torch.Tensor, wanted: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
        """How far the student is from the teacher, over the decisions that count (padding does not)."""
        if self._recipe.decides == "values":
            known = torch.isfinite(truth)
            return torch.where(known, (said - wanted) ** 2, 0.0).sum() / known.sum().clamp(min=1)
        known = truth != IGNORED
        soft = functional.log_softmax(said[known] / self._heat, dim=1)
        target = functional.log_softmax(wanted[known] / self._heat, dim=1)
        return functional.kl_div(soft, target, reduction="batchmean", log_target=True) * self._heat**2


def _check_alike(stage: Stage, teacher: ModelInfo) -> None:
    """The same classes in the same order, and the same numbers from a case; `BadInput` otherwise."""
    for name in _NAMES:
        if stage.config.get(name) != teacher.config.get(name):
            raise BadInput(
                f"the teacher {teacher.name} knows other {name} than the data set",
                "Choose a teacher that learnt from this data set.",
            )
    other = _seen(stage, teacher.config)
    for name, tensor in stage.example().items():
        if name not in other or not torch.equal(tensor, other[name]):
            raise BadInput(
                f"the teacher {teacher.name} sees cases in another way ({name} differs)",
                "Train student and teacher on the same data set, with equal settings but for the network's size.",
            )


def _seen(stage: Stage, config: Json) -> Batch:
    """`stage.example()`, as a model with this config gets it."""
    cases = stage.parts.train[:2]
    samples = [stage.recipe.prepare(case, config, stage.bench) for case in cases]
    return stage.recipe.batch(samples, config, np.random.default_rng(0))


def _count(network: nn.Module) -> int:
    return sum(one.numel() for one in network.parameters())
