"""A model's report: every section that there is something to say in, as a page and as a PDF."""

from __future__ import annotations

import re
from typing import Any

import pytest

from medstation.actions import report_html, report_pdf
from medstation.actions.report_parts import Report
from medstation.actions.report_sections import Known, sections
from medstation.api import MetricSpec, ModelInfo, Recipe
from medstation.library import Decision

RECIPE = Recipe(
    "toy", "Toy", "", "class", ("images",), (), (MetricSpec("accuracy", "Accuracy"),), "a:b", "a:b", "a:b"
)  # fmt: skip


def measured(value: float) -> dict[str, float]:
    return {"value": value, "low": value - 0.05, "high": value + 0.04}


def reliable(error: float) -> dict[str, Any]:
    points = [{"confidence": one / 10, "right": one / 10 - error, "count": 20} for one in range(5, 10)]
    return {"error": error, "surprise": 0.3, "curve": points}


EXAMINED = {
    "per_class": {
        "cases": 100, "patients": 80, "confusion": [[40, 5], [3, 52]],
        "classes": [
            {"name": "normal <b>", "precision": 0.9, "recall": 0.91, "f1": 0.905, "cases": 45},
            {"name": "pneumonia", "precision": 0.93, "recall": 0.95, "f1": 0.94, "cases": 55},
        ],
        "curves": [{
            "name": "pneumonia", "area": measured(0.93), "average_precision": 0.95,
            "roc": [[0, 0], [0.1, 0.8], [1, 1]], "pr": [[1, 0.5], [0.8, 0.9], [0, 1]],
        }],
    },
    "calibration": {
        "part": "test", "decisions": 100, "patients": 80, "temperature": 1.7,
        "before": reliable(0.12), "after": reliable(0.03),
        "sets": {"wanted": 0.9, "threshold": 0.3, "coverage": 0.91, "size": 1.1, "sizes": [0, 90, 10]},
    },
    "robustness": {
        "measure": "balanced accuracy", "cases": 60, "clean": measured(0.9),
        "curves": {"noise": {"unit": "SD", "points": [{"strength": 0.1, **measured(0.8)}]}},
    },
    "privacy": {"membership_auc": 0.53, "low": 0.47, "high": 0.59, "members": 100, "others": 90, "epsilon": 7.9},
    "forgetting": {
        "base": "net 1", "cases": 30, "patients": 30, "left_out": 0, "before": {"accuracy": measured(0.8)},
        "after": {"accuracy": measured(0.78)}, "difference": {"accuracy": measured(-0.02)},
    },
}  # fmt: skip
CARD = {
    "dataset": "chests", "cases": {"train": 60, "validation": 20, "test": 20}, "base": "net@1", "seed": 3,
    "settings": {"epochs": 4, "augmentation": True}, "epochs": 4, "stopped": "completed", "test_patients": 80,
    "before": {"accuracy": measured(0.7)}, "test": {"accuracy": measured(0.9)},
    "difference": {"accuracy": {**measured(0.2), "says": "better"}}, "parameters": 1200, "bytes": 4800,
    "sha256": "ab" * 32,
    "subgroups": {"sex F": {"accuracy": measured(0.88)}, "sex M": {"accuracy": measured(0.93)}},
    "gaps": [{"axis": "sex", "high": "sex M", "low": "sex F", "difference": measured(0.05), "shown": False}],
    "judged": {"word": "better", "needs_reason": False, "rival": "net@1", "patients": 80, "findings": [
        {"word": "better", "says": "better than net@1: Accuracy +0.2 [+0.15, +0.24]", "grave": False}]},
    "examined": EXAMINED, "notes": ["No $ sign breaks this, nor does another $."],
}  # fmt: skip
EVENTS = [
    {
        "event": "metric",
        "epoch": epoch,
        "values": {"loss/train": 1 / epoch, "loss/validation": 1.2 / epoch, "accuracy": 0.8},
    }
    for epoch in (1.0, 2.0, 3.0)
]  # fmt: skip
DECIDED = [Decision("m-2", "approved", "better on all", {}, "bob", "2026-01-02T10:00:00")]


def report(card: dict[str, Any] | None = None) -> Report:
    model = ModelInfo("m-2", "net", 2, "approved", "toy.images", "toy", {}, CARD if card is None else card)
    known = Known(model, RECIPE, None, EVENTS if card is None else [], DECIDED if card is None else [])
    return Report("net, version 2", "Toy · approved", "MedStation, today", sections(known))


def test_everything_that_is_known_has_its_section_with_pictures() -> None:
    made = report()
    assert [one.title for one in made.sections] == [
        "What the gate says", "Before and after", "Class by class", "Confidence", "Groups of patients", "Robustness",
        "Privacy", "What it may have forgotten", "The run", "Remarks of the run", "Where it comes from", "Decisions",
    ]  # fmt: skip
    assert sum(len(one.charts) for one in made.sections) == 9
    assert all(chart.says for one in made.sections for chart in one.charts)


def test_a_model_of_which_nothing_is_known_has_a_report_that_says_so() -> None:
    titles = {one.title: one.text for one in report({}).sections}
    assert titles["Before and after"] == ("It was not measured in this vault.",)


def test_the_page_is_one_file_that_fetches_nothing_and_runs_nothing() -> None:
    page = report_html.written(report()).decode()
    assert page.count("data:image/png;base64,") == 9
    assert set(re.findall(r'(?:src|href)="(.{5})', page)) == {"data:"} and "<script" not in page
    assert "normal &lt;b&gt;" in page and "<b>" not in page


@pytest.mark.parametrize("card", [None, {}])
def test_the_pdf_has_pages(card: dict[str, Any] | None) -> None:
    data = report_pdf.written(report(card))
    assert data.startswith(b"%PDF") and (data.count(b"/Type /Page ") > 1) == (card is None)
