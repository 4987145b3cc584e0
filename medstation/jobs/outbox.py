"""The worker's way to its parent: every message in order, progress at most ten times a second."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import BinaryIO

from medstation.api import Json
from medstation.jobs.memory import write_all
from medstation.jobs.messages import encode

INTERVAL = 0.1
"""Seconds between two lines of progress."""


class Outbox:
    """Writes lines to `stream` (unbuffered). Progress is kept back until its time or until another message is sent."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._writing = threading.Lock()
        self._fresh = threading.Condition()
        self._latest: tuple[float, str] | None = None
        threading.Thread(target=self._send_progress, name="progress", daemon=True).start()

    def progress(self, done: float, text: str) -> None:
        with self._fresh:
            self._latest = (float(done), text)
            self._fresh.notify()

    def send(self, message: Json, attach: Callable[[BinaryIO], None] | None = None) -> None:
        """Waiting progress first, then `message`, then what `attach` writes. A `TypeError` leaves nothing half sent."""
        line = encode(message)
        with self._writing:
            self._flush()
            self._write(line)
            if attach:
                attach(self._stream)

    def _send_progress(self) -> None:
        pause = threading.Event()
        while True:
            with self._fresh:
                self._fresh.wait_for(lambda: self._latest is not None)
            with self._writing:
                self._flush()
            pause.wait(INTERVAL)

    def _flush(self) -> None:
        with self._fresh:
            latest, self._latest = self._latest, None
        if latest:
            self._write(encode({"progress": latest}))

    def _write(self, line: bytes) -> None:
        try:
            write_all(self._stream, memoryview(line))
        except OSError:
            # The parent has gone: nobody is left to work for or to tell.
            os._exit(1)
