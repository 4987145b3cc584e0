"""An examination: something that is measured on every finished model, for its card. One file, one idea."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from torch import nn

from medstation.api import BadInput, Case, Json, Metrics, TrainRequest, Workbench
from medstation.learning.parts import Parts
from medstation.learning.recipe import Batch, Recipe, Settings, device_of
from medstation.learning.samples import Samples


@dataclass(frozen=True)
class Exam:
    """A finished model in evaluation mode, with everything that it was made from.

    `after` are its metrics on the test cases, by record id; `request` and `bench` are what the run was given;
    `facts` is what its techniques tell.
    """

    recipe: Recipe[Any]
    config: Json
    settings: Settings
    seed: int
    model: nn.Module
    parts: Parts
    samples: Samples[Any]
    after: Mapping[str, Metrics]
    request: TrainRequest | None = None
    bench: Workbench | None = None
    facts: Json = field(default_factory=dict)

    def batch(self, cases: Sequence[Case], place: int = 0) -> Batch:
        """A batch of the cases; its chance depends on the run's seed and `place` alone."""
        rng = np.random.default_rng((self.seed, place))
        return self.recipe.batch([self.samples[case] for case in cases], self.config, rng)

    def alone(self, case: Case, place: int = 0) -> Batch | None:
        """The case's own batch on the model's device; None where there is nothing in it to be asked about."""
        try:
            batch = self.batch([case], place)
        except BadInput:
            return None
        device = device_of(self.model)
        return {name: tensor.to(device) for name, tensor in batch.items()}

    def score(self, case: Case) -> Metrics:
        """The case's metrics, measured as the model would be used."""
        return self.recipe.score(self.model, self.samples[case], self.config)
