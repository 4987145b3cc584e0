"""What to label next, asked for on a model's page and followed to a record."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from medstation.actions import finetuning
from medstation.shell.run import Shell
from medstation.widgets.rows import rows_in

pytestmark = pytest.mark.gui
LONG = 60_000


def test_a_model_names_the_records_to_label_next(qtbot: QtBot, shell: Shell, cases: Path) -> None:
    office = shell.office
    assert office is not None
    session, place = office.session, office.place

    def settle() -> None:
        qtbot.waitUntil(lambda: shell.awaiting.idle, timeout=LONG)

    with qtbot.assertNotEmitted(session.failed):
        for number in (7, 8):
            (cases / "labels" / f"P{number}_a.value").unlink()
        session.do(office.verbs.import_paths([cases / "numbers"]))
        settle()
        session.do(office.verbs.attach_labels([cases / "labels"]))
        settle()
        session.do(office.verbs.create_dataset("all", "mean"))
        settle()
        session.ws.pool.warm_up()
        _, job = finetuning.start(session.ws, "toy.numbers", "mean", "all", settings={"epochs": 1})
        job.result()
        session.do(session.refresh_catalogue())
        settle()
        place.catalogue.model_chosen.emit(session.shown.models[0].id)
        card = place.stage.model.suggestions
        assert not card.isHidden() and not list(rows_in(card.rows))
        card.ask.click()
        qtbot.waitUntil(lambda: bool(list(rows_in(card.rows))) and shell.awaiting.idle, timeout=LONG)
        rows = list(rows_in(card.rows))
        assert {session.ws.library.record(row.key).person.key for row in rows} == {"P7", "P8"}
        assert "Of 2 records without a label, 2 were looked at." in card.told.text()
        rows[0].click()
        settle()
        assert session.shown.item is not None and session.shown.item.record.id == rows[0].key
        assert place.stage.pages.currentWidget() is place.stage.view
