"""Python's garbage collection, kept to the window's thread.

A collection that starts on another thread destroys there whatever Qt objects have become garbage, which aborts the
program sooner or later ("Timers cannot be stopped from another thread"). Wherever a thread runs Python beside the
window, one `Collector` has to live as long as the application.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

INTERVAL_MS = 500


class Collector(QObject):
    """Switches automatic collection off, and collects on a timer by the same thresholds instead."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        self.destroyed.connect(gc.enable)
        self._timer = QTimer(self, interval=INTERVAL_MS)
        self._timer.timeout.connect(self.on_collection_due)
        self._timer.start()

    def on_collection_due(self) -> None:
        """Collect the oldest generation whose count is above its threshold."""
        counts, most = gc.get_count(), gc.get_threshold()
        due = [generation for generation in range(3) if counts[generation] > most[generation]]
        if due:
            gc.collect(due[-1])
