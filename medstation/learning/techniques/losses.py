"""Another loss than the recipe's own, on the decisions that the recipe tells of."""

from __future__ import annotations

import torch
from torch import nn

from medstation.learning.losses import class_loss, quantile_loss
from medstation.learning.recipe import Batch, Settings
from medstation.learning.technique import LossOf, Stage, Technique


class FocalLoss(Technique):
    """Instead of cross-entropy; a batch's "weight" per decision counts in it as in the recipe's own."""

    def __init__(self, settings: Settings) -> None:
        self._gamma = float(settings["focal_gamma"])

    def begin(self, network: nn.Module, stage: Stage) -> nn.Module:
        self._recipe = stage.recipe
        stage.notes.append(f"The loss is focal (gamma {self._gamma:g}).")
        return network

    def loss(self, model: nn.Module, batch: Batch, inner: LossOf) -> torch.Tensor:
        scores, truth = self._recipe.outputs(model, batch), self._recipe.truth(batch)
        return class_loss(scores, truth, batch.get("weight"), self._gamma)


class QuantileLoss(Technique):
    """Instead of the squared error."""

    def __init__(self, settings: Settings) -> None:
        self._quantile = float(settings["quantile"])

    def begin(self, network: nn.Module, stage: Stage) -> nn.Module:
        self._recipe = stage.recipe
        stage.notes.append(f"The network learns the quantile {self._quantile:g} of the outcome.")
        return network

    def loss(self, model: nn.Module, batch: Batch, inner: LossOf) -> torch.Tensor:
        return quantile_loss(self._recipe.outputs(model, batch), self._recipe.truth(batch), self._quantile)
