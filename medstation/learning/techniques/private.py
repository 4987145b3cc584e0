"""Differentially private steps (DP-SGD, Abadi et al. 2016), with the patient as the unit that is protected.

Each step draws every patient with the same small chance, bounds what each of them adds to the gradient, and hides the
sum in noise. Whatever a recipe computes within a patient's batch (a CRF, windows, patches) is covered, since a patient
is a batch of its own.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from medstation.api import Json, Unavailable, WrongUsage
from medstation.learning import secure_chance
from medstation.learning.budget import Budget
from medstation.learning.network import with_changes
from medstation.learning.recipe import Batch, Settings, batched, cut
from medstation.learning.technique import LossOf, Stage, Step, Technique
from medstation.learning.techniques.private_words import checked_settings, notes_of

if TYPE_CHECKING:
    from medstation.learning.training import Training

LARGEST_DELTA = 1e-3
"""Of the delta that is taken where none is given; a tenth of one over the number of patients is smaller for most."""


class PrivateSteps(Technique):
    """The guarantee is for whoever is in the training part; `private_words` says what it does not cover."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._clip = float(settings["private_clip"])
        self._sizes: list[list[int]] = []
        self._at = 0
        self._loss = 0.0

    def planned(self, config: Json, settings: Settings) -> Json:
        """Batch norms mix patients and keep means of them, so group norms take their place."""
        checked_settings(settings)
        return with_changes(config, {"norm": "group"})

    def begin(self, network: nn.Module, stage: Stage) -> nn.Module:
        """Decide the rate from the recipe's own batches, and the noise from the budget."""
        _check_norms(network)
        usual = _usual_steps(stage)
        places = sum(len(batch) for step in usual for batch in step) / len(usual)
        rate = min(1.0, places / len(stage.cases))
        self._repeats = max(1, round(places / (rate * len(stage.cases))))
        self._most = max(len(batch) for step in usual for batch in step)
        self._per_epoch = len(usual)
        patients = len(_by_patient(stage))
        self._expected = rate * patients
        self._budget = self._affordable(rate, patients)
        stage.notes += notes_of(self.facts()["privacy"], stage)
        return network

    def _affordable(self, rate: float, patients: int) -> Budget:
        """The budget of the whole run; `WrongUsage` if it does not last for one epoch."""
        epsilon, noise = float(self._settings["epsilon"]), float(self._settings["private_noise"])
        delta = float(self._settings["delta"]) or min(LARGEST_DELTA, 0.1 / patients)
        steps = self._per_epoch * max(1, int(self._settings["epochs"]))
        budget = Budget(epsilon, delta, rate, steps, noise)
        if not budget.lasts(self._per_epoch):
            raise WrongUsage(
                f"one epoch with private_noise={noise:g} costs more than epsilon={epsilon:g}",
                "Set more noise, a smaller batch_size or a larger epsilon; private_noise=0 finds the least noise.",
            )
        return budget

    def steps(self, steps: list[Step], stage: Stage, rng: np.random.Generator) -> list[Step]:
        """As many steps, each of patients drawn anew; the draw is the system's, since the run's seed is no secret."""
        groups = list(_by_patient(stage).values())
        drawn = secure_chance.uniform(len(steps) * len(groups)).reshape(len(steps), len(groups)) < self._budget.rate
        made = [[self._some(groups[place], rng) for place in np.flatnonzero(row)] for row in drawn]
        self._sizes, self._at = [[len(batch) for batch in step] for step in made], 0
        return made

    def _some(self, places: list[int], rng: np.random.Generator) -> list[int]:
        """A patient's batch: all of their cases as often as usual in a step, or some where they are many."""
        return rng.permutation(places * self._repeats)[: self._most].tolist()  # type: ignore[no-any-return]

    def gradients(self, training: Training, batches: Sequence[Batch], loss_of: LossOf) -> float:
        """The patients' clipped gradients with noise, over the expected number of patients; their mean loss."""
        if training.accelerator.num_processes > 1:
            raise Unavailable("private steps work on one device only", "Start the run on one device, or set epsilon=0.")
        learning = [parameter for parameter in training.model.parameters() if parameter.requires_grad]
        total = [torch.zeros_like(parameter) for parameter in learning]
        losses = []
        for own in _grouped(batches, self._sizes[self._at]):
            losses.append(sum(training.backward(batch, loss_of, 1 / len(own)) for batch in own))
            _add_clipped(total, learning, self._clip)
            training.clear()
        for parameter, added in zip(learning, total, strict=True):
            parameter.grad = self._noised(added)
        self._loss = sum(losses) / len(losses) if losses else self._loss
        return self._loss

    def _noised(self, added: torch.Tensor) -> torch.Tensor:
        """Summed in float64 and rounded only then: noise as coarse as the result tells what it hides (Mironov 2012)."""
        noise = torch.from_numpy(secure_chance.normal(added.numel())).to(added.device).view(added.shape)
        noised = (added.double() + noise * (self._budget.noise * self._clip)) / self._expected
        return torch.empty_like(added).copy_(noised)

    def stepped(self, network: nn.Module, step: int, total: int) -> None:
        self._at += 1
        self._budget.step()

    def values(self) -> Mapping[str, float]:
        return {"epsilon": self._budget.spent()}

    def ended(self) -> str:
        """The budget is kept by ending before the epoch that would overstep it."""
        if self._budget.lasts(self._per_epoch):
            return ""
        return (
            f"Training ended: epsilon {self._budget.spent():.2f} of the budget of {self._budget.epsilon:g} is spent, "
            "and another epoch would overstep it."
        )

    def facts(self) -> Json:
        budget = self._budget
        return {
            "privacy": {
                "epsilon": budget.spent(),
                "budget": budget.epsilon,
                "delta": budget.delta,
                "noise": budget.noise,
                "clip": self._clip,
                "rate": budget.rate,
                "steps": budget.steps,
                "unit": "patient",
            }
        }

    def state(self) -> Json:
        return self._budget.state()

    def restore(self, state: Json) -> None:
        self._budget.restore(state)


def _check_norms(network: nn.Module) -> None:
    """A layer that keeps means of what it saw would carry them out of the run without noise."""
    for name, module in network.named_modules():
        if getattr(module, "track_running_stats", False):
            raise Unavailable(
                f"layer {name} ({type(module).__name__}) keeps means of the patients, which no noise protects",
                "Choose another network, or set epsilon=0.",
            )


def _usual_steps(stage: Stage) -> list[Step]:
    """The steps of an epoch as they were without privacy, for their number and size."""
    order = stage.recipe.order(len(stage.parts.train), stage.config, stage.settings, np.random.default_rng(0))
    return batched(order, int(stage.settings["accumulation"]))


def _by_patient(stage: Stage) -> dict[str, list[int]]:
    places: dict[str, list[int]] = defaultdict(list)
    for place, case in enumerate(stage.cases):
        places[case.patient].append(place)
    return dict(places)


def _grouped(batches: Sequence[Batch], sizes: Sequence[int]) -> list[list[Batch]]:
    """The batches by patient: more than one each where the loop had to cut them, as memory ran out."""
    pieces, counts = 1, [1] * len(sizes)
    while sum(counts) < len(batches):
        pieces *= 2
        counts = [len(cut(list(range(size)), pieces)) for size in sizes]
    ahead = iter(batches)
    return [[next(ahead) for _ in range(count)] for count in counts]


def _add_clipped(total: Sequence[torch.Tensor], learning: Sequence[nn.Parameter], limit: float) -> None:
    """Add one patient's gradient, no longer than `limit`; one that is no number adds nothing."""
    found = [(added, one.grad) for added, one in zip(total, learning, strict=True) if one.grad is not None]
    norm = float(nn.utils.get_total_norm([gradient for _, gradient in found])) if found else math.nan
    if math.isfinite(norm):
        for added, gradient in found:
            added.add_(gradient, alpha=min(1.0, limit / (norm + 1e-6)))
