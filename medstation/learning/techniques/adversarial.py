"""Adversarial training: the loss of the input as it is, and of the same input changed for the worst."""

from __future__ import annotations

import torch
from torch import nn

from medstation.api import Unavailable
from medstation.learning.attacks import can_be_attacked, under_attack
from medstation.learning.recipe import Batch, Settings
from medstation.learning.technique import LossOf, Stage, Technique


class AdversarialTraining(Technique):
    """All chance comes from torch's generator, which a checkpoint keeps, so a resumed run repeats the attacks."""

    def __init__(self, settings: Settings) -> None:
        self._kind = str(settings["adversarial"])
        steps = int(settings["adversarial_steps"]) if self._kind == "pgd" else 1
        self._attack = float(settings["adversarial_size"]), steps
        self._share = float(settings["adversarial_share"])

    def begin(self, network: nn.Module, stage: Stage) -> nn.Module:
        self._recipe = stage.recipe
        if not can_be_attacked(stage.recipe, network):
            raise Unavailable("the network has no input that could be changed", "Set adversarial=none.")
        what = "the input" if stage.recipe.inputs else "the word vectors"
        stage.notes.append(
            f"Adversarial training ({self._kind}): {what} changed by up to {self._attack[0]:g} standard deviations, "
            f"{self._attack[1]} step(s) each, {100 * self._share:g} % of the loss."
        )
        return network

    def loss(self, model: nn.Module, batch: Batch, inner: LossOf) -> torch.Tensor:
        changed = under_attack(self._recipe, model, batch, self._attack, inner, inner)
        if self._share == 1:
            return changed
        return (1 - self._share) * inner(model, batch) + self._share * changed
