"""Painting several heavy widgets one after another, so that no key or mouse event waits for all of them."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget

TURN_MS = 8
"""With three widgets beside the active one each still gets 40 turns a second."""


class Turns(QObject):
    """Updates widgets in the order they asked, one per event-loop turn."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._waiting: list[QWidget] = []
        self._timer = QTimer(self, interval=TURN_MS)
        self._timer.timeout.connect(self.on_turn_came)

    def ask(self, widgets: Iterable[QWidget]) -> None:
        """Update `widgets`, each in its turn; one that waits already keeps its place."""
        self._waiting += [widget for widget in widgets if widget not in self._waiting]
        if self._waiting and not self._timer.isActive():
            self._timer.start()

    def on_turn_came(self) -> None:
        if self._waiting:
            self._waiting.pop(0).update()
        if not self._waiting:
            self._timer.stop()

    def finish(self) -> None:
        """Paint everything that still waits, now."""
        waiting, self._waiting = self._waiting, []
        for widget in waiting:
            widget.repaint()
