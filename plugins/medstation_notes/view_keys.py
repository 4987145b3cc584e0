"""What a person can do in the note's text by keys."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

Key, Modifier = Qt.Key, Qt.KeyboardModifier

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


def command_for(event: QKeyEvent) -> str:
    """The command that a key press means, "" for none."""
    for standard, command in (
        (QKeySequence.StandardKey.Undo, "undo"),
        (QKeySequence.StandardKey.Redo, "redo"),
        (QKeySequence.StandardKey.Find, "find"),
        (QKeySequence.StandardKey.Copy, "copy"),
    ):
        if event.matches(standard):
            return command
    held = event.modifiers() & ~Modifier.KeypadModifier
    if held == Modifier.ControlModifier and event.key() == Key.Key_Y:
        return "redo"
    table = {Modifier.NoModifier: _PLAIN, Modifier.ShiftModifier: _SHIFT}.get(held, {})
    return table.get(Key(event.key()), "")
