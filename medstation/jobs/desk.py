"""What a worker lends to the function it runs."""

from __future__ import annotations

import threading
from pathlib import Path

from medstation.api import Json, Stopped
from medstation.jobs.outbox import Outbox


class Desk:
    """The worker's place for one job: where the vault is, and the way to say how the work goes.

    `folder` and `key` are those of the vault, or None where the pool was made without one.
    """

    def __init__(self, folder: Path | None, key: bytes | None, outbox: Outbox) -> None:
        self.folder = folder
        self.key = key
        self.cancel_asked = threading.Event()
        self.stop_asked = threading.Event()
        self._outbox = outbox
        self._open = True
        self._speaking = threading.Lock()

    def report(self, done: float, text: str = "") -> None:
        """Progress: `done` of 1.0 and a line of text; call it as often as you like. Raises `Stopped` when cancelled."""
        if self.cancelled():
            raise Stopped("stopped", "What was done before is kept.")
        with self._speaking:
            if self._open:
                self._outbox.progress(done, text)

    def event(self, event: Json) -> None:
        """An event of the work itself; every one arrives."""
        with self._speaking:
            if self._open:
                self._outbox.send({"event": event})

    def cancelled(self) -> bool:
        """True when the work is to end now."""
        return self.cancel_asked.is_set()

    def stop_requested(self) -> bool:
        """True when the work is to finish early and keep what it has."""
        return self.stop_asked.is_set()

    def clear(self) -> None:
        """The job is over: a thread it left behind says nothing into the next one, not even what it is just saying."""
        with self._speaking:
            self._open = False
