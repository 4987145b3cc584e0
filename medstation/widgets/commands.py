"""What a person can do in the slice views, by name, and the keys for it."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt

from medstation.widgets.keys import KeyTable

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

_TABLE = KeyTable(KEYS)
command_for = _TABLE.command_for
key_name = _TABLE.name_of
