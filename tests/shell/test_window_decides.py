"""Cross-validating, checking, approving and rolling back in the real window."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from test_window_circle import LONG, _import, _settle

from medstation.shell.evidence_cards import SectionCard
from medstation.shell.inspector import FINETUNE, REVIEW
from medstation.shell.office import Office
from medstation.shell.run import Shell

pytestmark = pytest.mark.gui


@pytest.fixture
def office(qtbot: QtBot, shell: Shell, cases: Path) -> Office:
    """An office with a data set to learn from, at the fine-tune tab."""
    office = shell.office
    assert office is not None
    _import(qtbot, shell, office, cases)
    office.session.do(office.verbs.create_dataset("all", "mean"))
    _settle(qtbot, shell)
    office.place.inspector.show_tab(FINETUNE)
    return office


def _train(qtbot: QtBot, shell: Shell, office: Office, kind: str = "") -> None:
    form = office.place.inspector.finetune
    form.kind.setCurrentIndex(form.kind.findData(kind))
    form.name.setText("net")
    form.start.click()
    qtbot.waitUntil(lambda: bool(office.session.running), timeout=LONG)
    qtbot.waitUntil(lambda: not office.session.running and shell.awaiting.idle, timeout=LONG)


def test_a_cross_validation_is_a_run_with_its_table(qtbot: QtBot, shell: Shell, office: Office) -> None:
    _train(qtbot, shell, office, "folds")
    page = office.place.stage.run
    (card,) = page.findChildren(SectionCard)
    assert card.title.text() == "Cross-validation" and page.proof.isHidden() and page.model.isHidden()
    assert office.session.shown.models == []


def test_the_gate_wants_a_reason_and_a_version_comes_back(qtbot: QtBot, shell: Shell, office: Office) -> None:
    session, review = office.session, office.place.inspector.review
    for _ in range(2):
        _train(qtbot, shell, office)
    office.place.inspector.show_tab(REVIEW)
    newest, first = (model.id for model in session.shown.models)
    review.on_model(first)
    assert "few patients" in review.says.text().lower() or "patients, fewer than" in review.says.text()
    with qtbot.waitSignal(session.failed, timeout=LONG):
        review.approve.click()
    _settle(qtbot, shell)
    assert session.shown.models[1].state == "candidate"
    for model in (first, newest):
        review.on_model(model)
        review.reason.setText("the only one here")
        review.approve.click()
        _settle(qtbot, shell)
    assert [model.state for model in session.shown.models] == ["approved", "retired"]
    review.on_model(newest)
    review.back.click()
    _settle(qtbot, shell)
    assert [model.state for model in session.shown.models] == ["retired", "approved"]
