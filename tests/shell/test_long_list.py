"""A library of any size is listed page by page, and every record of it can be opened."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from medstation.shell import session as session_module
from medstation.shell.office import Office
from medstation.shell.run import Shell

pytestmark = pytest.mark.gui


@pytest.fixture
def office(shell: Shell, qtbot: QtBot, cases: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Nine records, of which four go on a page."""
    monkeypatch.setattr(session_module, "PAGE", 4)
    office = shell.office
    assert office is not None
    office.session.shown.listed = 4
    office.session.do(office.verbs.import_paths([cases / "numbers"]))
    qtbot.waitUntil(lambda: shell.awaiting.idle, timeout=60_000)
    return office


def test_more_records_are_listed_when_asked_for(office: Office, shell: Shell, qtbot: QtBot) -> None:
    library, shown = office.place.library, office.session.shown
    assert (len(shown.items), shown.more, library.more.isVisibleTo(library)) == (4, True, True)
    assert "4" in library.more.text()
    for expected, more in ((8, True), (9, False)):
        library.more.click()
        qtbot.waitUntil(lambda: shell.awaiting.idle, timeout=20_000)
        assert (len(shown.items), library.more.isVisibleTo(library)) == (expected, more)


def test_the_filter_finds_what_is_not_listed(office: Office, shell: Shell, qtbot: QtBot) -> None:
    office.session.do(office.session.filter("P8"))
    qtbot.waitUntil(lambda: shell.awaiting.idle, timeout=20_000)
    assert [item.record.person.key for item in office.session.shown.items] == ["P8"]
    assert not office.session.shown.more


def test_a_record_that_is_not_listed_can_be_opened(office: Office, shell: Shell, qtbot: QtBot) -> None:
    listed = {item.key for item in office.session.shown.items}
    other = next(record.id for record in office.session.ws.library.records() if record.id not in listed)
    office.session.do(office.session.open_item(other))
    qtbot.waitUntil(lambda: shell.awaiting.idle, timeout=20_000)
    assert office.session.shown.item is not None
    assert office.session.shown.item.record.id == other
    office.session.do(office.session.open_item("r-999"))
    qtbot.waitUntil(lambda: shell.awaiting.idle, timeout=20_000)
    assert office.session.shown.item.record.id == other
