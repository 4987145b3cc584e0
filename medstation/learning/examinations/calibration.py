"""How far the model's confidence can be believed, measured on the test cases before and after its temperature."""

from __future__ import annotations

from medstation.api import Json
from medstation.learning.calibrating import scores_before
from medstation.learning.decisions import Decisions, decisions
from medstation.learning.examination import Exam
from medstation.learning.reliability import COVERAGE, calibration_error, curve, sets_measured, surprise


def examine(exam: Exam) -> Json:
    """{"part", "decisions", "patients", "temperature", "before", "after", "sets"}; both sides {"error", "surprise",
    "curve"}.

    "sets" are missing where a case is many decisions. {} where the recipe decides no classes.
    """
    part = "test" if exam.parts.test else "validation"
    cases = exam.parts.test or exam.parts.validation
    after = decisions(exam.recipe, exam.model, exam.samples, cases, exam.config, exam.seed)
    if after is None:
        return {}
    kept = exam.config.get("calibration", {})
    told: Json = {
        "part": part,
        "decisions": len(after),
        "patients": len(set(after.patients)),
        "temperature": round(float(kept.get("temperature", 1.0)), 4),
        "before": _side(scores_before(after, exam.config)),
        "after": _side(after),
    }
    if kept:
        found = sets_measured(after.chances(), after.truth, kept["threshold"])
        told["sets"] = {"wanted": COVERAGE, "threshold": round(kept["threshold"], 5), **found}
    return told


def _side(decided: Decisions) -> Json:
    points = curve(decided.chances(), decided.truth)
    return {
        "error": round(calibration_error(points), 5),
        "surprise": round(surprise(decided), 5),
        "curve": points,
    }
