"""A search for settings, asked for and answered in the real window."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from medstation.shell.inspector import FINETUNE
from medstation.shell.run import Shell
from medstation.shell.search_dialog import SearchDialog

pytestmark = pytest.mark.gui
LONG = 60_000


def test_the_best_settings_are_put_into_the_form(qtbot: QtBot, shell: Shell, cases: Path) -> None:
    assert shell.office is not None
    session, verbs, place = shell.office.session, shell.office.verbs, shell.office.place
    session.do(verbs.import_paths([cases / "numbers"]))
    qtbot.waitUntil(lambda: shell.awaiting.idle, timeout=LONG)
    session.do(verbs.attach_labels([cases / "labels"]))
    qtbot.waitUntil(lambda: shell.awaiting.idle, timeout=LONG)
    place.inspector.show_tab(FINETUNE)
    form = place.inspector.finetune
    form.data.name.setText("all")
    form.data.make.click()
    qtbot.waitUntil(lambda: form.search.isEnabled(), timeout=LONG)
    before = form.form.values()["learning_rate"]
    with qtbot.assertNotEmitted(session.failed):
        form.search.click()
        dialog = form.window().findChild(SearchDialog)
        assert dialog is not None
        dialog.form.fill({"trials": 2, "minutes": 5})
        dialog.start.click()
        qtbot.waitUntil(lambda: form.form.values()["learning_rate"] != before, timeout=LONG)
        qtbot.waitUntil(lambda: shell.awaiting.idle, timeout=LONG)
    assert len(session.ws.library.studies()[0].trials) == 2
    assert session.shown.runs == []
