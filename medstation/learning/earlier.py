"""The cases that a base model was made with: which of them may be learnt from again, and which it can be judged on."""

from __future__ import annotations

from medstation.api import Case, ModelInfo, TrainRequest


def base_of(request: TrainRequest) -> ModelInfo | None:
    """The base, where it does the same as the new model: made by the same recipe."""
    return request.base if request.base and request.base.recipe == request.recipe else None


def to_learn(request: TrainRequest) -> list[Case]:
    """Earlier training cases that are not in the data set, of patients whom it does not judge by."""
    records = {case.record.id for case in request.cases}
    judged = {case.patient for case in request.cases if case.part != "train"}
    return [
        case
        for case in request.earlier
        if case.part == "train" and case.record.id not in records and case.patient not in judged
    ]


def to_judge(request: TrainRequest) -> list[Case]:
    """Earlier test cases of patients that neither the base nor the new model learnt from."""
    learnt = {case.patient for case in (*request.cases, *request.earlier) if case.part != "test"}
    return [case for case in request.earlier if case.part == "test" and case.patient not in learnt]
