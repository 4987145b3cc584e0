"""What a recipe measures only once, on the finished model's test cases: distances of surfaces, scaled errors."""

from __future__ import annotations

import math
from dataclasses import asdict

import torch

from medstation.api import Json
from medstation.learning.examination import Exam
from medstation.learning.intervals import mean_interval

MOST = 200
"""Test cases that are measured so."""


def examine(exam: Exam) -> Json:
    """Column -> {"value", "low", "high", "cases"}: means over the cases that have it, 95 % intervals by patient."""
    columns: dict[str, dict[str, float]] = {}
    for case in exam.parts.test[:MOST]:
        with torch.inference_mode():
            found = exam.recipe.closer(exam.model, exam.samples[case], exam.config)
        for name, one in found.items():
            if math.isfinite(one):
                columns.setdefault(name, {})[case.record.id] = float(one)
    patients = {case.record.id: case.patient for case in exam.parts.test}
    return {
        name: {**asdict(mean_interval(values, patients, exam.seed)), "cases": len(values)}
        for name, values in columns.items()
    }
