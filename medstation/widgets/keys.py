"""Which key means which command in a data view: one table, read for presses and for tool tips."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

Chord = QKeySequence.StandardKey | str
"""A standard key (undo, find, ...), or keys held together, as "Ctrl+Y"."""
_NOTHING: Mapping[Chord, str] = MappingProxyType({})


class KeyTable:
    """`keys` alone, `shifted` with Shift (None: Shift makes no difference), and `chords`, which come first.

    All else with Ctrl, Alt or Meta belongs to the window.
    """

    def __init__(
        self,
        keys: Mapping[Qt.Key, str],
        shifted: Mapping[Qt.Key, str] | None = None,
        chords: Mapping[Chord, str] = _NOTHING,
    ) -> None:
        self._keys = keys
        self._shifted = keys if shifted is None else shifted
        self._chords = chords

    def command_for(self, event: QKeyEvent) -> str:
        """The command that a key press means, "" for none."""
        for chord, command in self._chords.items():
            if _matches(event, chord):
                return command
        held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        table = {Qt.KeyboardModifier.NoModifier: self._keys, Qt.KeyboardModifier.ShiftModifier: self._shifted}.get(held)
        return table.get(Qt.Key(event.key()), "") if table else ""

    def name_of(self, command: str) -> str:
        """How the first key of a command is written on this system, for tool tips."""
        key = next((key for key, name in self._keys.items() if name == command), None)
        return "" if key is None else QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)


def _matches(event: QKeyEvent, chord: Chord) -> bool:
    if isinstance(chord, str):
        return bool(QKeySequence(event.keyCombination()) == QKeySequence(chord))
    return event.matches(chord)
