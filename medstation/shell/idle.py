"""Locks a vault that nobody is working at."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer, Signal

from medstation.shell.memory import Memory

LOOK_EVERY_MS = 5_000
_LIFE = frozenset(
    [
        QEvent.Type.KeyPress,
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseMove,
        QEvent.Type.Wheel,
        QEvent.Type.TabletMove,
    ]
)


def seconds_since_start() -> float:
    """A clock that goes on while the machine sleeps: a lid that was closed for an hour counts as an hour."""
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()  # counts sleep on Windows; on macOS it may not


class IdleLock(QObject):
    """Watches `application` for keys and the mouse. Signal: `due`, once nothing came for `memory.lock_minutes`.

    `busy` says whether work is under way that locking would stop; then `due` waits, unless `memory.lock_at_work`.
    """

    due = Signal()

    def __init__(
        self,
        application: QObject,
        memory: Memory,
        busy: Callable[[], bool],
        clock: Callable[[], float] = seconds_since_start,
    ) -> None:
        super().__init__(application)
        self._memory = memory
        self._busy = busy
        self._clock = clock
        self._last = clock()
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_EVERY_MS)
        self._timer.timeout.connect(self.look)
        self._application = application

    def begin(self) -> None:
        self._last = self._clock()
        self._application.installEventFilter(self)
        self._timer.start()

    def end(self) -> None:
        self._timer.stop()
        self._application.removeEventFilter(self)

    def look(self) -> None:
        """Ask whether it is time."""
        if self._long_enough() and (self._memory.lock_at_work or not self._busy()):
            self.end()
            self.due.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _LIFE:
            if self._long_enough():
                self.look()  # the first touch after a sleep must not find the vault open
            self._last = self._clock()
        return False

    def _long_enough(self) -> bool:
        return self._clock() - self._last >= 60 * self._memory.lock_minutes > 0
