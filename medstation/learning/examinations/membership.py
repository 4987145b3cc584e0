"""Whether the model tells who it learnt from: attacks that guess membership by the loss, judged by patient.

Patients of the training part are members, those of validation and test are not. "auc" is how well a low loss tells them
apart, and "advantage" how much more members than others lie below the mean training loss (Yeom et al. 2018): 0.5 and 0
say that nothing is told. Where each patient has one class, both compare patients of the same class only: parts with
other shares of the classes would else be told apart by those. Where the run began from a whole model, "base_auc" is the
same for how far the loss fell from that model's, which takes away how easy a patient is (Watson et al. 2022).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import nn

from medstation.api import Case, Json, MetricSpec
from medstation.learning.combining import weighted
from medstation.learning.examination import Exam
from medstation.learning.intervals import Numbers, between, draws_by_patient
from medstation.learning.network import changed
from medstation.learning.recipe import device_of
from medstation.learning.weights import load_matching, unpack

MOST_CASES = 300
"""On each side."""
DRAWS = 2
"""Batches per case: where a recipe augments or cuts patches, one draw says little."""

RESAMPLES = 1000
_MIXED = -1
"""The kind of patients that have several classes, or none."""

_AUC = MetricSpec("auc", "Membership AUC", combine="auc", columns=("score", "member"))

Losses = dict[str, float]
"""Mean loss by patient."""


def examine(exam: Exam) -> Json:
    """The card's "privacy": the attacks, and epsilon with what belongs to it where the run was private."""
    told = dict(exam.facts.get("privacy", {}))
    members = _chosen(exam.parts.train, exam.seed)
    others = _chosen((*exam.parts.test, *exam.parts.validation), exam.seed)
    inside = _losses(exam, exam.model, members) if others else {}
    outside = _losses(exam, exam.model, others)
    if not inside or not outside:
        return told
    kinds = _kinds(exam, (*members, *others))
    found = _told_apart(inside, outside, kinds, exam.seed)
    result: Json = {
        "membership_auc": found["value"],
        "low": found["low"],
        "high": found["high"],
        "advantage": _advantage(inside, outside, kinds),
        "members": len(inside),
        "others": len(outside),
        **told,
    }
    base = _base(exam)
    if base is not None:
        fell = [
            {patient: loss - before[patient] for patient, loss in now.items() if patient in before}
            for now, before in ((inside, _losses(exam, base, members)), (outside, _losses(exam, base, others)))
        ]
        if all(fell):
            result["base_auc"] = _told_apart(fell[0], fell[1], kinds, exam.seed)
    return result


def _chosen(cases: Sequence[Case], seed: int) -> list[Case]:
    """At most `MOST_CASES` of the cases, the same ones for the same seed."""
    order = np.random.default_rng(seed).permutation(len(cases))[:MOST_CASES]
    return [cases[place] for place in sorted(order.tolist())]


def _losses(exam: Exam, model: nn.Module, cases: Sequence[Case]) -> Losses:
    """The recipe's loss of each patient, over all of their cases."""
    by_patient: dict[str, list[float]] = {}
    for case in cases:
        for draw in range(DRAWS):
            batch = exam.alone(case, draw)
            if batch is not None:
                by_patient.setdefault(case.patient, []).append(float(exam.recipe.loss(model, batch)))
    means = {patient: float(np.mean(losses)) for patient, losses in by_patient.items()}
    return {patient: mean for patient, mean in means.items() if np.isfinite(mean)}


def _kinds(exam: Exam, cases: Sequence[Case]) -> dict[str, int]:
    """The class of each patient that has just one."""
    found: dict[str, set[int]] = {}
    for case in cases if exam.recipe.decides == "classes" else ():
        batch = exam.alone(case)
        truth = exam.recipe.truth(batch).tolist() if batch else []
        found.setdefault(case.patient, set()).update(truth)
    return {patient: kinds.pop() for patient, kinds in found.items() if len(kinds) == 1}


def _told_apart(inside: Losses, outside: Losses, kinds: Mapping[str, int], seed: int) -> Json:
    """The chance that a member's number is below another's of the same kind, with its interval over patients."""
    patients = [*inside, *outside]
    numbers = np.array([(-loss, member) for some, member in ((inside, 1), (outside, 0)) for loss in some.values()])
    own = np.array([kinds.get(patient, _MIXED) for patient in patients])
    names = [f"{place:06d}" for place in range(len(patients))]

    def area(draws: Numbers) -> Numbers:
        won, pairs = np.zeros(len(draws)), np.zeros(len(draws))
        for kind in set(own.tolist()):
            some, weights = numbers[own == kind], draws[:, own == kind]
            met = (weights @ some[:, 1]) * (weights @ (1 - some[:, 1]))
            won, pairs = won + met * weighted(_AUC, some, weights), pairs + met
        return np.asarray(np.divide(won, pairs, out=np.full(len(draws), 0.5), where=pairs > 0))

    interval = between(area(np.ones((1, len(names))))[0], area(draws_by_patient(names, {}, seed, RESAMPLES)))
    return {"value": interval.value, "low": interval.low, "high": interval.high}


def _advantage(inside: Losses, outside: Losses, kinds: Mapping[str, int]) -> float:
    """How much larger the share below the kind's mean training loss is among members; kinds weigh by members."""
    gained = counted = 0.0
    for kind in {kinds.get(patient, _MIXED) for patient in inside}:
        members, others = (
            np.array([loss for patient, loss in some.items() if kinds.get(patient, _MIXED) == kind])
            for some in (inside, outside)
        )
        if len(others):
            limit = members.mean()
            gained += len(members) * float((members <= limit).mean() - (others <= limit).mean())
            counted += len(members)
    return gained / counted if counted else 0.0


def _base(exam: Exam) -> nn.Module | None:
    """The model that the run began from; None without one, or where it could not judge these cases."""
    if exam.request is None or exam.bench is None or exam.request.base is None:
        return None
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        network = changed(exam.recipe.build(exam.config), exam.config)
    if load_matching(network, unpack(exam.bench.weights(exam.request.base.id))):
        return None
    return network.eval().to(device_of(exam.model))
