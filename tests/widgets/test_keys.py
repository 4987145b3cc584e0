"""A key means what the table says, and nothing that belongs to the window."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from pytestqt.qtbot import QtBot

from medstation.widgets.keys import KeyTable

pytestmark = pytest.mark.gui

Key, Held = Qt.Key, Qt.KeyboardModifier
TABLE = KeyTable(
    {Key.Key_Right: "next", Key.Key_1: "type"},
    {Key.Key_Right: "grow"},
    {QKeySequence.StandardKey.Undo: "undo", "Ctrl+Y": "redo"},
)


def press(key: Qt.Key, held: Qt.KeyboardModifier = Held.NoModifier) -> QKeyEvent:
    return QKeyEvent(QEvent.Type.KeyPress, key, held)


@pytest.mark.parametrize(
    ("key", "held", "command"),
    [
        (Key.Key_Right, Held.NoModifier, "next"),
        (Key.Key_1, Held.KeypadModifier, "type"),
        (Key.Key_Right, Held.ShiftModifier, "grow"),
        (Key.Key_1, Held.ShiftModifier, ""),
        (Key.Key_Right, Held.ControlModifier, ""),
        (Key.Key_Right, Held.AltModifier, ""),
        (Key.Key_Z, Held.ControlModifier, "undo"),
        (Key.Key_Y, Held.ControlModifier, "redo"),
        (Key.Key_Y, Held.NoModifier, ""),
    ],
)
def test_a_press_means_its_command(qtbot: QtBot, key: Qt.Key, held: Qt.KeyboardModifier, command: str) -> None:
    assert TABLE.command_for(press(key, held)) == command


def test_shift_makes_no_difference_where_nothing_is_said_of_it(qtbot: QtBot) -> None:
    table = KeyTable({Key.Key_Plus: "zoom_in"})
    assert table.command_for(press(Key.Key_Plus, Held.ShiftModifier)) == "zoom_in"
    assert table.command_for(press(Key.Key_Plus, Held.MetaModifier)) == ""


def test_a_tool_tip_names_the_first_key(qtbot: QtBot) -> None:
    assert (TABLE.name_of("type"), TABLE.name_of("no such command")) == ("1", "")
