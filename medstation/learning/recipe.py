"""What a recipe is: how a task's cases become batches, what network learns from them, and how well it does.

A recipe is without state: everything it decided stands in `config`, a JSON object that is kept with the model and is
all a predictor needs to build the network again. The loop owns order, seeds, steps, checkpoints and judgement.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Generic, Literal, TypeVar

import numpy as np
import torch
from torch import nn

from medstation.api import (
    Case,
    FileSource,
    Json,
    Metrics,
    MetricSpec,
    Record,
    Setting,
    SettingValue,
    Unavailable,
    Workbench,
)
from medstation.learning.asked import Asked

Batch = Mapping[str, torch.Tensor]
"""What one step of the loop gets: named tensors, the first axis is the batch."""

Settings = Mapping[str, SettingValue]

Decides = Literal["classes", "values", ""]

IGNORED = -100
"""In `Recipe.truth`: nothing is known of this decision. Torch's losses leave it out by default."""

LOSS = "loss"
"""A recipe's `score` may give the case's loss under this name: it becomes the curve "loss/validation"."""

Sample = TypeVar("Sample")
Piece = TypeVar("Piece")


class Recipe(ABC, Generic[Sample]):
    """`Sample` is a case made ready (NumPy arrays, normalised, in RAM). `metrics[0]` decides which epoch is best."""

    settings: tuple[Setting, ...]
    metrics: tuple[MetricSpec, ...]
    labelled = True
    """False for a recipe that learns from the records alone: then cases without a label are used too."""
    inputs = ""
    """The name of the batch's measured data (floating point), which noise, attacks and explanations vary; "": ids."""
    decides: Decides = ""
    """What `outputs` gives: scores of classes, values, or nothing ("": techniques that need it are not offered)."""

    @abstractmethod
    def survey(self, case: Case, bench: Workbench) -> Json:
        """What `plan` must know of one training case (classes, spacing, ...). Cheap: no pixels if it can be helped."""

    @abstractmethod
    def plan(self, surveys: Sequence[Json], settings: Settings, base: Json | None) -> Json:
        """The config: every decision, as JSON. `base` is the config of the model to start from, which goes first."""

    @abstractmethod
    def build(self, config: Json) -> nn.Module:
        """The network, with fresh weights drawn from torch's generator."""

    @abstractmethod
    def prepare(self, case: Case, config: Json, bench: Workbench) -> Sample:
        """The case, read and made ready. Called once per case as long as the samples fit into memory."""

    @abstractmethod
    def size(self, sample: Sample) -> int:
        """Bytes that the sample holds."""

    def order(self, count: int, config: Json, settings: Settings, rng: np.random.Generator) -> list[list[int]]:
        """Which of `count` samples go into each batch of an epoch: every sample once, in a new order."""
        return batched(rng.permutation(count).tolist(), int(settings["batch_size"]))

    @abstractmethod
    def batch(self, samples: Sequence[Sample], config: Json, rng: np.random.Generator) -> Batch:
        """A batch of the samples, augmented. All chance comes from `rng`, which depends on seed, epoch and index."""

    @abstractmethod
    def loss(self, model: nn.Module, batch: Batch) -> torch.Tensor:
        """The loss of a batch, a scalar."""

    def outputs(self, model: nn.Module, batch: Batch) -> torch.Tensor:
        """What the model says of every decision in the batch (an image, a word, a voxel, a future point).

        (decisions, classes) scores before softmax where `decides` is "classes", (decisions,) or (decisions, values)
        numbers where it is "values".
        """
        raise Unavailable(f"{type(self).__name__} does not tell its outputs", "Choose another technique or recipe.")

    def truth(self, batch: Batch) -> torch.Tensor:
        """What is right for each decision: class numbers int64, `IGNORED` where none is known; or values, then NaN."""
        raise Unavailable(f"{type(self).__name__} does not tell its targets", "Choose another technique or recipe.")

    def asked(self, model: nn.Module, record: Record, files: FileSource, config: Json) -> Asked:
        """The record as `model` (in evaluation mode) is asked about it: no label, nothing drawn by chance."""
        raise Unavailable(f"{type(self).__name__} cannot be asked about one record", "Choose another model.")

    @abstractmethod
    def score(self, model: nn.Module, sample: Sample, config: Json) -> Metrics:
        """The case's columns of metrics, measured as the model would be used. The model is in evaluation mode."""

    def closer(self, model: nn.Module, sample: Sample, config: Json) -> Metrics:
        """Further columns, which cost too much to be measured after every epoch: once, on the finished model."""
        return {}

    def facts(self, config: Json) -> Json:
        """What the run page shows of the config."""
        return {}


def batched(order: list[Piece], size: int) -> list[list[Piece]]:
    """`order` in pieces of `size`; the last may be smaller."""
    return [order[start : start + size] for start in range(0, len(order), size)]


def cut(order: list[Piece], pieces: int) -> list[list[Piece]]:
    """`order` in at most `pieces` lists of about the same length."""
    return batched(order, max(1, -(-len(order) // pieces)))


def device_of(model: nn.Module) -> torch.device:
    """Where the model's weights are."""
    return next(_parameters(model)).device


def _parameters(model: nn.Module) -> Iterator[nn.Parameter]:
    return model.parameters()
