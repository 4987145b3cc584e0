"""What a person can do in the note's text by keys."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence

from medstation.widgets.keys import Chord, KeyTable

Key, Standard = Qt.Key, QKeySequence.StandardKey

_PLAIN = {
    Key.Key_Delete: "remove",
    Key.Key_Backspace: "remove",
    Key.Key_Return: "take",
    Key.Key_Enter: "take",
    Key.Key_Escape: "let_go",
    Key.Key_Right: "next_word",
    Key.Key_Left: "previous_word",
    Key.Key_F3: "next_hit",
    Key.Key_T: "tags",
    **{Key(Key.Key_1.value + index): f"type:{index}" for index in range(9)},
}
_SHIFT = {
    Key.Key_Right: "grow",
    Key.Key_Left: "shrink",
    Key.Key_Up: "grow_start",
    Key.Key_Down: "shrink_start",
    Key.Key_F3: "previous_hit",
    Key.Key_Return: "take_all",
    Key.Key_Enter: "take_all",
}
_CHORDS: dict[Chord, str] = {
    Standard.Undo: "undo",
    Standard.Redo: "redo",
    "Ctrl+Y": "redo",
    Standard.Find: "find",
    Standard.Copy: "copy",
}

command_for = KeyTable(_PLAIN, _SHIFT, _CHORDS).command_for
