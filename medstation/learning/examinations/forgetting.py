"""Forgetting: the base and the new model on the base's own old test cases, which neither learnt from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import torch
from torch import nn

from medstation.api import BadInput, Case, Json, Metrics, ModelInfo, Workbench
from medstation.learning.combining import difference, estimate, rows_of
from medstation.learning.earlier import base_of, to_judge
from medstation.learning.examination import Exam
from medstation.learning.network import ready
from medstation.learning.recipe import LOSS, Recipe
from medstation.learning.samples import Samples


def examine(exam: Exam) -> Json:
    """{"base", "cases", "patients", "left_out", "before", "after", "difference"}; {} without a base of this recipe.

    "before" is the base with its own classes, "after" the new model; each metric with its interval by patient.
    """
    if exam.request is None or exam.bench is None:
        return {}
    base, cases = base_of(exam.request), to_judge(exam.request)
    old = sum(case.part == "test" for case in exam.request.earlier)
    if base is None or not cases:
        return {}
    before = _before(exam.recipe, base, cases, exam.bench)
    after = _scores(exam.recipe, exam.model, cases, exam.config, Samples(exam.recipe, exam.config, exam.bench))
    patients = {case.record.id: case.patient for case in cases}
    both = [record for record in before if record in after]
    return {
        "base": f"{base.name} {base.version}",
        "cases": len(both),
        "patients": len({patients[record] for record in both}),
        "left_out": old - len(both),
        **_compared(exam, {one: before[one] for one in both}, {one: after[one] for one in both}, patients),
    }


def _before(
    recipe: Recipe[Any], base: ModelInfo, cases: Sequence[Case], bench: Workbench
) -> dict[str, Mapping[str, float]]:
    network = ready(recipe.build(base.config), base.config, bench.weights(base.id))
    return _scores(recipe, network, cases, base.config, Samples(recipe, base.config, bench))


def _scores(
    recipe: Recipe[Any], network: nn.Module, cases: Sequence[Case], config: Json, samples: Samples[Any]
) -> dict[str, Metrics]:
    """By record; a case that the model cannot be asked (it is of a class that it does not know) is not in it."""
    scores: dict[str, Metrics] = {}
    for case in cases:
        try:
            sample = samples[case]
        except BadInput:
            continue
        with torch.inference_mode():
            found = recipe.score(network, sample, config)
        scores[case.record.id] = {name: value for name, value in found.items() if name != LOSS}
    return scores


def _compared(
    exam: Exam, before: Mapping[str, Metrics], after: Mapping[str, Metrics], patients: Mapping[str, str]
) -> Json:
    """Metrics that the loop can measure; what a predictor adds (bands around a forecast) is not among them."""
    used = [one for one in exam.recipe.metrics if rows_of(one, before) and rows_of(one, after)]
    return {
        "before": {one.name: asdict(estimate(one, before, patients, exam.seed)) for one in used},
        "after": {one.name: asdict(estimate(one, after, patients, exam.seed)) for one in used},
        "difference": {one.name: asdict(difference(one, before, after, patients, exam.seed)) for one in used},
    }
