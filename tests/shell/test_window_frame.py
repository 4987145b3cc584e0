"""The frame: reachable by key and by ear, readable, and the same after the next start."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QComboBox, QDialog, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot
from shell_vault import PASSPHRASE

from medstation.shell.memory import Memory
from medstation.shell.office import Office
from medstation.shell.run import Shell

pytestmark = pytest.mark.gui


@pytest.fixture
def office(shell: Shell, qtbot: QtBot, cases: Path) -> Office:
    office = shell.office
    assert office is not None
    office.session.do(office.verbs.import_paths([cases / "numbers"]))
    shell.window.activateWindow()
    qtbot.waitUntil(lambda: shell.awaiting.idle and shell.window.isActiveWindow(), timeout=60_000)
    return office


def _nameless(root: QWidget) -> list[str]:
    """Focusable controls a screen reader has no word for."""
    found = []
    for widget in root.findChildren(QWidget):
        reachable = widget.focusPolicy() & Qt.FocusPolicy.TabFocus and not isinstance(widget, QDialog)
        spoken = widget.accessibleName() or (isinstance(widget, QAbstractButton) and widget.text())
        if reachable and not widget.isHidden() and not spoken and not _is_part_of_a_control(widget):
            found.append(f"{type(widget).__name__} in {type(widget.parent()).__name__}")
    return found


def _is_part_of_a_control(widget: QWidget) -> bool:
    """Qt's own inner parts: the list of a combo box, the clear button of a line."""
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, QComboBox | QLineEdit):
            return True
        parent = parent.parentWidget()
    return widget.objectName().startswith("qt_")


def test_every_control_has_a_name_for_those_who_cannot_see_it(shell: Shell, office: Office) -> None:
    assert _nameless(shell.window) == []


def test_no_text_is_ever_read_as_markup(shell: Shell, office: Office) -> None:
    texts = [label for label in shell.window.findChildren(QLabel) if label.parent() is not office.place.stage.view]
    assert {label.textFormat() for label in texts if label is not office.place.stage.view} == {Qt.TextFormat.PlainText}


def test_the_search_box_finds_records_and_commands(shell: Shell, office: Office, qtbot: QtBot) -> None:
    box = office.place.palette_box
    office.menu.search()
    assert box.isVisible() and box.edit.hasFocus()
    qtbot.keyClicks(box.edit, "P7")
    assert box.found[0].title.startswith("P7")
    qtbot.keyClick(box.edit, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: shell.awaiting.idle, timeout=20_000)
    assert office.session.shown.item is not None and office.session.shown.item.record.person.key == "P7"
    assert not box.isVisible()
    office.menu.search()
    qtbot.keyClicks(box.edit, "theme")
    assert any(entry.keys for entry in box.found)
    qtbot.keyClick(box.edit, Qt.Key.Key_Escape)
    assert not box.isVisible()


def test_no_two_commands_share_a_key(office: Office) -> None:
    keys = [command.keys for command in office.commands if command.keys]
    assert len(keys) == len(set(keys))


def test_keys_reach_the_commands(shell: Shell, office: Office, qtbot: QtBot) -> None:
    qtbot.keyClick(office.place, Qt.Key.Key_3, Qt.KeyboardModifier.AltModifier)
    assert office.place.inspector.tabs.currentIndex() == 2
    office.place.library.tree.setFocus()
    first = office.session.shown.item
    qtbot.keyClick(office.place.library.tree, Qt.Key.Key_Down, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: office.session.shown.item is not first, timeout=20_000)


def test_the_filter_narrows_the_library(shell: Shell, office: Office, qtbot: QtBot) -> None:
    office.place.library.filter.setText("P4")
    qtbot.waitUntil(lambda: len(office.session.shown.items) == 1, timeout=20_000)
    office.place.library.filter.setText("nobody")
    qtbot.waitUntil(lambda: office.place.library.lists.currentWidget() is office.place.library.empty, timeout=20_000)
    office.place.library.filter.clear()
    qtbot.waitUntil(lambda: len(office.session.shown.items) == 9, timeout=20_000)


def test_a_theme_change_reaches_everything(shell: Shell, office: Office) -> None:
    before = shell.window.grab().toImage()
    shell.look.apply("light", "large")
    assert shell.window.grab().toImage() != before
    assert shell.look.tokens["panel"] == "#ffffff"
    assert office.place.stage.view.context.palette["panel"] == "#ffffff"
    shell.look.apply("dark", "normal")


def test_dialogs_open_and_close(shell: Shell, office: Office, qtbot: QtBot) -> None:
    office.menu.keys()
    office.wiring.asking.settings(shell.look)
    by_title = {command.title: command for command in office.commands}
    by_title["About MedStation"].act()
    qtbot.waitUntil(lambda: shell.awaiting.idle, timeout=20_000)
    dialogs = [dialog for dialog in shell.window.findChildren(QDialog) if dialog.isVisible()]
    assert {dialog.windowTitle() for dialog in dialogs} == {"Keyboard", "Settings", "About MedStation"}
    assert "not a medical device" in " ".join(label.text() for one in dialogs for label in one.findChildren(QLabel))
    assert [name for one in dialogs for name in _nameless(one)] == []
    for dialog in dialogs:
        dialog.accept()


def test_the_next_start_looks_the_same(
    shell: Shell, office: Office, make_shell: Callable[[Path], Shell], vault_folder: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    record = office.session.shown.items[3]
    office.session.do(office.session.open_item(record.key))
    qtbot.waitUntil(lambda: shell.awaiting.idle, timeout=20_000)
    shell.look.apply("light", "normal")
    shell.leave()
    qtbot.waitUntil(lambda: shell.ended.done(), timeout=20_000)
    kept = (tmp_path / "config" / "window.json").read_text()
    assert "Name of" not in kept and record.record.person.key not in kept
    again = make_shell(vault_folder)
    assert again.look.theme == "light" and again.gate is not None
    again.gate.entered.emit(PASSPHRASE)
    qtbot.waitUntil(lambda: again.office is not None and again.awaiting.idle, timeout=20_000)
    assert again.office is not None and again.office.session.shown.item is not None
    assert again.office.session.shown.item.key == record.key
    again.look.apply("dark", "normal")


def test_a_view_state_keeps_no_text(tmp_path: Path) -> None:
    memory = Memory()
    memory.keep_view(
        "r-1", {"zoom": 2.0, "search": "Miller", "windows": [1, "Miller", {"level": 40, "name": "Miller"}]}
    )
    memory.save(tmp_path)
    assert "Miller" not in (tmp_path / "window.json").read_text()
    assert Memory.load(tmp_path).views == {"r-1": {"zoom": 2.0, "windows": [1, {"level": 40}]}}


def test_a_spoilt_settings_file_costs_only_the_settings(tmp_path: Path) -> None:
    for spoilt in ("{", "[]", '{"theme": "pink", "columns": "wide", "unknown": 1}'):
        (tmp_path / "window.json").write_text(spoilt)
        assert Memory.load(tmp_path) == Memory()
