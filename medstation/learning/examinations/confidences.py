"""How sure the model is on patients it never met: what its later confidence is compared with, to see a drift."""

from __future__ import annotations

import numpy as np

from medstation.api import Json
from medstation.learning.decisions import decisions
from medstation.learning.examination import Exam

POINTS = 101
"""Quantiles that are kept: enough to compare with, and nobody's own value."""


def examine(exam: Exam) -> Json:
    """{"cases", "quantiles": of the greatest probability}; {} where a case is not one decision."""
    cases = exam.parts.test or exam.parts.validation
    decided = decisions(exam.recipe, exam.model, exam.samples, cases, exam.config, exam.seed)
    if decided is None or not decided.one_each:
        return {}
    sure = decided.chances().max(axis=1)
    return {"cases": len(sure), "quantiles": np.quantile(sure, np.linspace(0, 1, POINTS)).round(4).tolist()}
