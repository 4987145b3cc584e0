"""The model's evidence class by class: precision, recall, F1, who is taken for whom, ROC and precision-recall curves.

By scikit-learn, on the test cases; areas under the ROC curve with 95 % intervals by patient.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medstation.api import Json, MetricSpec
from medstation.learning.combining import estimate
from medstation.learning.decisions import Decisions, class_names, decisions
from medstation.learning.examination import Exam

MOST_POINTS = 200
"""Of a curve: more cannot be seen."""
RESAMPLES = 500
_AREA = MetricSpec("area", "Area under the ROC curve", combine="auc", columns=("score", "truth"))


def examine(exam: Exam) -> Json:
    """{"cases", "classes": [{"name", "precision", "recall", "f1", "cases"}], "confusion", "curves"}.

    "confusion"[truth][said] counts cases; "curves" has for each class (of two only the second) {"name", "area":
    {value, low, high}, "roc": [[false positive rate, true positive rate]], "average_precision", "pr": [[recall,
    precision]]}. {} where a case is many decisions: those have their own columns per structure or entity.
    """
    decided = decisions(exam.recipe, exam.model, exam.samples, exam.parts.test, exam.config, exam.seed)
    if decided is None or not decided.one_each:
        return {}
    names = class_names(exam.config, decided.scores.shape[1])
    said = decided.scores.argmax(axis=1)
    return {
        "cases": len(decided),
        "patients": len(set(decided.patients)),
        "classes": _report(decided.truth, said, names),
        "confusion": _confusion(decided.truth, said, len(names)),
        "curves": [one for number in _looked_at(names) if (one := _curves(decided, number, names[number]))],
    }


def _report(truth: NDArray[Any], said: NDArray[Any], names: list[str]) -> list[Json]:
    from sklearn.metrics import precision_recall_fscore_support

    numbers = range(len(names))
    table = precision_recall_fscore_support(truth, said, labels=list(numbers), zero_division=0.0)
    precision, recall, f1, support = (np.asarray(one).tolist() for one in table)
    return [
        {
            "name": names[number],
            "precision": round(precision[number], 4),
            "recall": round(recall[number], 4),
            "f1": round(f1[number], 4),
            "cases": int(support[number]),
        }
        for number in numbers
    ]


def _confusion(truth: NDArray[Any], said: NDArray[Any], count: int) -> list[list[int]]:
    from sklearn.metrics import confusion_matrix

    table: list[list[int]] = confusion_matrix(truth, said, labels=list(range(count))).tolist()
    return table


def _looked_at(names: list[str]) -> range:
    """Of two classes one curve tells both."""
    return range(1, 2) if len(names) == 2 else range(len(names))


def _curves(decided: Decisions, number: int, name: str) -> Json:
    """Curves of one class against the others; {} where the test has only one side."""
    from sklearn.metrics import average_precision_score, precision_recall_curve, roc_curve

    positive, sure = decided.truth == number, decided.chances()[:, number]
    if positive.all() or not positive.any():
        return {}
    false, true, _ = roc_curve(positive, sure)
    precision, recall, _ = precision_recall_curve(positive, sure)
    columns = {
        record: {"score": float(chance), "truth": float(is_it)}
        for record, chance, is_it in zip(decided.records, sure, positive, strict=True)
    }
    area = estimate(_AREA, columns, dict(zip(decided.records, decided.patients, strict=True)), resamples=RESAMPLES)
    return {
        "name": name,
        "area": {"value": round(area.value, 5), "low": round(area.low, 5), "high": round(area.high, 5)},
        "roc": _points(false, true),
        "average_precision": round(float(average_precision_score(positive, sure)), 5),
        "pr": _points(recall, precision),
    }


def _points(across: NDArray[Any], up: NDArray[Any]) -> list[list[float]]:
    """At most `MOST_POINTS` of a curve, with both ends."""
    places = np.unique(np.linspace(0, len(across) - 1, min(len(across), MOST_POINTS)).round().astype(int))
    return [[round(float(across[place]), 4), round(float(up[place]), 4)] for place in places]
