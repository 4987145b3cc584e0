"""Rehearsal: each batch holds some of the cases that the base model was made with (Robins 1995)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from torch import nn

from medstation.api import Case, TrainRequest
from medstation.learning.earlier import to_learn
from medstation.learning.recipe import Settings
from medstation.learning.technique import Stage, Step, Technique


class Rehearsal(Technique):
    """Cases are added to the batches, so that the new ones are still gone through once an epoch."""

    def __init__(self, settings: Settings) -> None:
        share = float(settings["rehearsal"])
        self._each = share / (1 - share)
        self._places = range(0)

    def surveyed(self, request: TrainRequest) -> Sequence[Case]:
        return to_learn(request)

    def begin(self, network: nn.Module, stage: Stage) -> nn.Module:
        cases = to_learn(stage.request)
        self._places = range(len(stage.cases), len(stage.cases) + len(cases))
        stage.cases += cases
        stage.notes.append(
            f"{len(cases)} cases that the base learnt from are rehearsed."
            if cases
            else "Nothing is rehearsed: no cases that the base learnt from are in this vault beside the data set."
        )
        return network

    def steps(self, steps: list[Step], stage: Stage, rng: np.random.Generator) -> list[Step]:
        if not self._places:
            return steps
        return [[[*places, *self._drawn(len(places), rng)] for places in step] for step in steps]

    def _drawn(self, beside: int, rng: np.random.Generator) -> list[int]:
        """On average the share asked for, also in batches too small for it."""
        wanted = self._each * beside
        count = math.floor(wanted) + int(rng.random() < wanted % 1)
        drawn: list[int] = rng.choice(self._places, min(count, len(self._places)), replace=False).tolist()
        return drawn
