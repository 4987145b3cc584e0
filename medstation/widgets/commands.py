"""What a person can do in the slice views, by name, and the keys for it."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

Key = Qt.Key

KEYS: Mapping[Qt.Key, str] = {
    Key.Key_Down: "next_slice",
    Key.Key_Right: "next_slice",
    Key.Key_Up: "previous_slice",
    Key.Key_Left: "previous_slice",
    Key.Key_PageDown: "next_page",
    Key.Key_PageUp: "previous_page",
    Key.Key_Home: "first_slice",
    Key.Key_End: "last_slice",
    Key.Key_R: "reset",
    Key.Key_I: "invert",
    Key.Key_F: "fit",
    Key.Key_O: "toggle_overlay",
    Key.Key_BracketLeft: "overlay_less",
    Key.Key_BracketRight: "overlay_more",
    Key.Key_Space: "cine",
    Key.Key_L: "layout",
    Key.Key_W: "tool:window",
    Key.Key_P: "tool:pan",
    Key.Key_Z: "tool:zoom",
    Key.Key_C: "tool:crosshair",
    Key.Key_Plus: "zoom_in",
    Key.Key_Equal: "zoom_in",
    Key.Key_Minus: "zoom_out",
    **{Key(Key.Key_0.value + digit): f"preset:{digit}" for digit in range(10)},
}

TOOLS = ("window", "pan", "zoom", "crosshair")
PAGE = 10
"""Slices of a page."""


def command_for(event: QKeyEvent) -> str:
    """The command that a key press means, "" for none. Keys with Ctrl, Alt or Meta belong to the window."""
    held = event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier)
    return "" if held else KEYS.get(Qt.Key(event.key()), "")


def key_name(command: str) -> str:
    """How the first key of a command is written on this system, for tool tips."""
    key = next((key for key, name in KEYS.items() if name == command), None)
    return "" if key is None else QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)
