"""What a model says of every decision of some cases, and what is right: the ground of calibration and class reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from medstation.api import Case, Json
from medstation.learning.recipe import IGNORED, Recipe, device_of
from medstation.learning.samples import Samples
from medstation.learning.still import Still

MOST_CLASSES = 64
"""More are a vocabulary, not classes of a diagnosis."""
MOST_CASES = 2000
MOST_PER_CASE = 2000


@dataclass(frozen=True)
class Decisions:
    """`scores` (n, classes) float64 before softmax, `truth` (n,) class numbers, `cases` (n,) places in `records`."""

    scores: NDArray[np.float64]
    truth: NDArray[np.int64]
    cases: NDArray[np.int64]
    records: tuple[str, ...]
    patients: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.truth)

    @property
    def one_each(self) -> bool:
        """Whether every case is one decision: an image or a note that belongs to one class."""
        return len(self.truth) == len(self.records) == len(np.unique(self.cases))

    def chances(self, temperature: float = 1.0) -> NDArray[np.float64]:
        """Probabilities (n, classes)."""
        raised = self.scores / temperature
        powers = np.exp(raised - raised.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float64)

    def of_patients(self, chosen: set[str]) -> Decisions:
        """Only those of some patients."""
        mine = np.array([patient in chosen for patient in self.patients])[self.cases]
        return Decisions(self.scores[mine], self.truth[mine], self.cases[mine], self.records, self.patients)


def decisions(
    recipe: Recipe[Any],
    model: nn.Module,
    samples: Samples[Any],
    cases: Sequence[Case],
    config: Json,
    seed: int = 0,
) -> Decisions | None:
    """The decisions on `cases` without augmentation; None where the recipe decides no classes, or there are none.

    At most `MOST_CASES` cases and `MOST_PER_CASE` decisions of each, drawn by `seed`. The model is in evaluation mode.
    """
    if recipe.decides != "classes" or not cases:
        return None
    rng = np.random.default_rng(seed)
    chosen = [cases[place] for place in np.sort(rng.permutation(len(cases))[:MOST_CASES])]
    found: list[tuple[NDArray[np.float64], NDArray[np.int64]]] = []
    for case in chosen:
        scores, truth = _of_case(recipe, model, samples[case], config, rng)
        if scores.shape[1] > MOST_CLASSES:
            return None
        found.append((scores, truth))
    counts = [len(truth) for _, truth in found]
    if not sum(counts):
        return None
    return Decisions(
        np.concatenate([scores for scores, _ in found]),
        np.concatenate([truth for _, truth in found]),
        np.repeat(np.arange(len(chosen)), counts),
        tuple(case.record.id for case in chosen),
        tuple(case.patient for case in chosen),
    )


def _of_case(
    recipe: Recipe[Any], model: nn.Module, sample: Any, config: Json, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    batch = recipe.batch([sample], config, Still())
    device = device_of(model)
    with torch.no_grad():
        placed = {name: tensor.to(device) for name, tensor in batch.items()}
        scores = recipe.outputs(model, placed).float().cpu().numpy().astype(np.float64)
        truth = recipe.truth(placed).cpu().numpy().reshape(-1).astype(np.int64)
    known = np.flatnonzero((truth != IGNORED) & (truth >= 0))
    if len(known) > MOST_PER_CASE:
        known = np.sort(rng.choice(known, MOST_PER_CASE, replace=False))
    return scores[known], truth[known]


def class_names(config: Json, count: int) -> list[str]:
    """The classes' names, in the order of the scores, where the config tells them."""
    for names in (config.get("tags"), config.get("classes")):
        if names and len(names) == count:
            return [str(name) for name in names]
        if names and len(names) == count - 1:
            return ["background", *(str(name) for name in names)]
    return [f"class {number}" for number in range(count)]
