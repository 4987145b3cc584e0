"""What a person can do in the signal view, by name, and the keys for it."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence

from medstation.widgets.keys import KeyTable

Key = Qt.Key

KEYS: Mapping[Qt.Key, str] = {
    Key.Key_Right: "forward",
    Key.Key_Left: "back",
    Key.Key_PageDown: "page_forward",
    Key.Key_PageUp: "page_back",
    Key.Key_Home: "first",
    Key.Key_End: "last",
    Key.Key_Plus: "zoom_in",
    Key.Key_Equal: "zoom_in",
    Key.Key_Minus: "zoom_out",
    Key.Key_Up: "taller",
    Key.Key_Down: "flatter",
    Key.Key_G: "paper",
    Key.Key_D: "day",
    Key.Key_A: "all",
    Key.Key_R: "reset",
    Key.Key_O: "overlay",
    Key.Key_M: "mark",
    Key.Key_N: "next_event",
    Key.Key_P: "previous_event",
    Key.Key_Delete: "remove",
    Key.Key_Backspace: "remove",
    Key.Key_U: "undo",
    Key.Key_S: "save",
    Key.Key_Return: "add_here",
    **{Key(Key.Key_1.value + digit): f"type:{digit}" for digit in range(9)},
}

_TABLE = KeyTable(KEYS, chords={QKeySequence.StandardKey.Undo: "undo"})
command_for = _TABLE.command_for
key_name = _TABLE.name_of
