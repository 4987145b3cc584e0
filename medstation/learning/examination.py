"""An examination: something that is measured on every finished model, for its card. One file, one idea."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import nn

from medstation.api import Case, Json, Metrics
from medstation.learning.parts import Parts
from medstation.learning.recipe import Batch, Recipe, Settings
from medstation.learning.samples import Samples


@dataclass(frozen=True)
class Exam:
    """A finished model in evaluation mode, with everything that it was made from.

    `after` are its metrics on the test cases, by record id.
    """

    recipe: Recipe[Any]
    config: Json
    settings: Settings
    seed: int
    model: nn.Module
    parts: Parts
    samples: Samples[Any]
    after: Mapping[str, Metrics]

    def batch(self, cases: Sequence[Case], place: int = 0) -> Batch:
        """A batch of the cases; its chance depends on the run's seed and `place` alone."""
        rng = np.random.default_rng((self.seed, place))
        return self.recipe.batch([self.samples[case] for case in cases], self.config, rng)

    def score(self, case: Case) -> Metrics:
        """The case's metrics, measured as the model would be used."""
        return self.recipe.score(self.model, self.samples[case], self.config)
