"""How far the finished model holds when its input gets worse: a curve per kind of damage, and one under attack.

Measured on what the recipe decides, case by case: balanced accuracy (the mean over classes of how many decisions of a
class are right) or the root mean square error, each with its interval over patients.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from torch import nn

from medstation.api import Case, Json
from medstation.learning.attacks import can_be_attacked, under_attack
from medstation.learning.corruptions import INPUT_CORRUPTIONS, VECTOR_CORRUPTIONS, Corruption, sampled_axes
from medstation.learning.examination import Exam
from medstation.learning.intervals import Numbers, between, draws_by_patient
from medstation.learning.recipe import IGNORED, Batch

MOST_CASES = 60
ATTACK_SIZES = (0.05, 0.1, 0.2)
"""In standard deviations of the input."""
ATTACK_STEPS = 10

Ask = Callable[[nn.Module, Batch], torch.Tensor]
Altered = Callable[[Batch], torch.Tensor]


def examine(exam: Exam) -> Json:
    """The card's "robustness", if the run asked for it: {"measure", "cases", "clean", "curves": {name: [points]}}."""
    if not exam.settings.get("robustness_test") or not exam.recipe.decides:
        return {}
    cases = [case for case in (exam.parts.test or exam.parts.validation)[:MOST_CASES] if exam.alone(case)]
    if not cases:
        return {}
    curves: Json = {}
    for corruption in _corruptions(exam, cases):
        curves[corruption.name] = {
            "unit": corruption.unit,
            "points": [
                {"strength": strength, **_measured(exam, cases, _damaged(exam, corruption, strength))}
                for strength in corruption.strengths
            ],
        }
    if can_be_attacked(exam.recipe, exam.model):
        curves["attack"] = {
            "unit": "standard deviations",
            "points": [{"strength": size, **_measured(exam, cases, _attacked(exam, size))} for size in ATTACK_SIZES],
        }
    clean = _measured(exam, cases, lambda batch: exam.recipe.outputs(exam.model, batch))
    measure = "balanced accuracy" if exam.recipe.decides == "classes" else "root mean square error"
    return {"measure": measure, "cases": len(cases), "clean": clean, "curves": curves}


def _corruptions(exam: Exam, cases: Sequence[Case]) -> list[Corruption]:
    name = exam.recipe.inputs
    if not name:
        return list(VECTOR_CORRUPTIONS) if can_be_attacked(exam.recipe, exam.model) else []
    rows = sampled_axes(exam.batch(cases[:1])[name])
    return [one for one in INPUT_CORRUPTIONS if rows or not one.rows_only]


def _damaged(exam: Exam, corruption: Corruption, strength: float) -> Altered:
    """The model's answers to damaged batches; the same damage for the same seed."""
    chance = torch.Generator().manual_seed(exam.seed)
    name = exam.recipe.inputs

    def answer(batch: Batch) -> torch.Tensor:
        if name:
            damaged = {**batch, name: corruption.change(batch[name], strength, chance)}
            return exam.recipe.outputs(exam.model, damaged)
        with _vectors(exam.model, lambda vectors: corruption.change(vectors, strength, chance)):
            return exam.recipe.outputs(exam.model, batch)

    return answer


@contextmanager
def _vectors(model: nn.Module, change: Callable[[torch.Tensor], torch.Tensor]) -> Iterator[None]:
    """Inside, what every embedding gives is changed."""
    tables = [module for module in model.modules() if isinstance(module, nn.Embedding)]
    hooks = [table.register_forward_hook(lambda _, __, out: change(out)) for table in tables]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _attacked(exam: Exam, size: float) -> Altered:
    recipe = exam.recipe

    def answer(batch: Batch) -> torch.Tensor:
        # cuDNN has no gradient through a recurrent layer that is in evaluation mode
        with torch.backends.cudnn.flags(enabled=False), torch.random.fork_rng(devices=_devices()):
            torch.manual_seed(exam.seed)
            return under_attack(recipe, exam.model, batch, (size, ATTACK_STEPS), recipe.loss, recipe.outputs)

    return answer


def _devices() -> range:
    return range(torch.cuda.device_count())


def _measured(exam: Exam, cases: Sequence[Case], answer: Altered) -> Json:
    """The measure over the cases with its interval: {"value", "low", "high"}."""
    rows, patients = {}, {}
    for case in cases:
        batch = exam.alone(case)
        assert batch is not None
        said, truth = answer(batch).detach(), exam.recipe.truth(batch)
        rows[case.record.id] = _hits(said, truth) if exam.recipe.decides == "classes" else _errors(said, truth)
        patients[case.record.id] = case.patient
    records = sorted(rows)
    table = np.stack([rows[record] for record in records])
    combine = _balanced if exam.recipe.decides == "classes" else _root
    drawn = combine(draws_by_patient(records, patients, exam.seed, 1000), table)
    interval = between(combine(np.ones((1, len(records))), table)[0], drawn)
    return {"value": interval.value, "low": interval.low, "high": interval.high}


def _hits(said: torch.Tensor, truth: torch.Tensor) -> Numbers:
    """(2, classes): decisions of each class that are right, and all of them."""
    known = truth != IGNORED
    right, truth = (said.argmax(1) == truth)[known], truth[known]
    counts = [torch.bincount(some, minlength=said.shape[1]) for some in (truth[right], truth)]
    return np.stack([count.cpu().numpy().astype(np.float64) for count in counts])


def _errors(said: torch.Tensor, truth: torch.Tensor) -> Numbers:
    """(2, 1): the sum of squared errors, and how many there are."""
    error = (said - truth)[truth.isfinite()].double()
    return np.array([[float((error**2).sum())], [float(error.numel())]])


def _balanced(draws: Numbers, table: Numbers) -> Numbers:
    """For each draw (row of `draws`, how often each case counts) the mean recall over the classes that are there."""
    right, all_ = (np.tensordot(draws, table[:, part], (1, 0)) for part in (0, 1))
    recall = np.divide(right, all_, out=np.zeros_like(right), where=all_ > 0)
    return np.asarray(recall.sum(1) / np.maximum((all_ > 0).sum(1), 1))


def _root(draws: Numbers, table: Numbers) -> Numbers:
    error, count = (np.tensordot(draws, table[:, part, 0], (1, 0)) for part in (0, 1))
    return np.asarray(np.sqrt(error / np.maximum(count, 1)))
