"""The long work that is going on, as plain values for the status line."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

QUIET_SECONDS = 0.4
"""Work that is over before this is never shown: a line that flashes up tells nothing."""


@dataclass
class JobLine:
    """One job: its title, what it does now, how much of 1.0 is done, and how to end it."""

    title: str
    stop: Callable[[], None]
    began: float
    done: float = 0.0
    text: str = ""
    stopping: bool = False

    def seconds_left(self, now: float) -> float | None:
        """By the pace so far; None while there is too little to go by."""
        elapsed = now - self.began
        if self.done < 0.03 or elapsed < 2.0:
            return None
        return elapsed * (1.0 - self.done) / self.done


class JobBoard:
    """Jobs in the order they began, by a key of the caller's."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lines: dict[str, JobLine] = {}

    def begin(self, key: str, title: str, stop: Callable[[], None]) -> None:
        self._lines[key] = JobLine(title, stop, self._clock())

    def progress(self, key: str, done: float, text: str) -> None:
        if line := self._lines.get(key):
            line.done, line.text = min(max(done, 0.0), 1.0), text

    def stop(self, key: str) -> None:
        """Ask a job to end; the line stays until it has."""
        if line := self._lines.get(key):
            line.stopping = True
            line.stop()

    def end(self, key: str) -> None:
        self._lines.pop(key, None)

    def shown(self) -> list[tuple[str, JobLine]]:
        """The jobs worth showing now."""
        now = self._clock()
        return [(key, line) for key, line in self._lines.items() if now - line.began >= QUIET_SECONDS]

    def seconds_left(self, line: JobLine) -> float | None:
        return line.seconds_left(self._clock())

    def __len__(self) -> int:
        return len(self._lines)
