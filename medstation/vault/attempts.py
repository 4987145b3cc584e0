"""Wrong passphrases are counted, and each one after the first few makes the next attempt wait longer.

The count is on disk, so that starting anew does not help. It keeps a person at the keyboard from guessing; somebody who
can copy the folder guesses elsewhere, and there only the passphrase's strength and Argon2id's cost stand in the way.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from medstation.api import VaultLocked
from medstation.vault.faults import disk_faults
from medstation.vault.files import FileLock, write_whole

FILE = "attempts.json"
LOCK = "attempts.lock"
FREE = 4
LONGEST_WAIT = 900.0
_REMEMBERED = 200
Clock = Callable[[], float]
"""Seconds since 1970."""


@dataclass(frozen=True)
class Failure:
    """When (UTC, ISO 8601) and as whom ("" when no known name was given) somebody failed to unlock."""

    at: str
    user: str


class Attempts:
    """The failures since the last success. Inside `turn` only, so that nobody guesses in parallel."""

    def __init__(self, folder: Path, clock: Clock = time.time) -> None:
        self._folder = folder
        self._clock = clock

    @contextmanager
    def turn(self) -> Iterator[None]:
        """One attempt at a time, in all processes."""
        with disk_faults("waiting for other attempts to unlock"):
            lock = FileLock(self._folder / LOCK)
        with lock:
            yield

    def count(self) -> int:
        return self._load()[0]

    def failures(self) -> tuple[Failure, ...]:
        """The newest of them, oldest first."""
        return self._load()[2]

    def seconds_left(self) -> float:
        """How long the next attempt must wait. A clock that was set back makes nobody wait longer than once more."""
        count, last, _ = self._load()
        wait = delay(count)
        passed = self._clock() - last
        return wait if passed < 0 else max(0.0, wait - passed)

    def check(self) -> None:
        """`VaultLocked` while the next attempt must wait."""
        left = self.seconds_left()
        if left > 0:
            raise VaultLocked(
                f"the passphrase was wrong {self.count()} times: the next attempt is in {math.ceil(left)} s",
                "Wait, then try again; the recovery key waits as well.",
            )

    def failed(self, user: str) -> None:
        count, _, failures = self._load()
        moment = self._clock()
        at = datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")
        seen = [asdict(one) for one in (*failures, Failure(at, user))][-_REMEMBERED:]
        text = json.dumps({"failures": count + 1, "last": moment, "seen": seen}, indent=2)
        with disk_faults("counting a failed attempt to unlock"):
            write_whole(self._folder / FILE, text.encode())

    def clear(self) -> None:
        with disk_faults("forgetting failed attempts to unlock"):
            (self._folder / FILE).unlink(missing_ok=True)

    def _load(self) -> tuple[int, float, tuple[Failure, ...]]:
        """A file that makes no sense counts as many failures: to spoil it must not be a way round the wait."""
        path = self._folder / FILE
        with disk_faults(f"reading {path}"):
            text = path.read_bytes() if path.exists() else b'{"failures": 0, "last": 0, "seen": []}'
        try:
            data = json.loads(text)
            seen = tuple(Failure(str(one["at"]), str(one["user"])) for one in data["seen"])
            return max(0, int(data["failures"])), float(data["last"]), seen
        except (ValueError, KeyError, TypeError, AttributeError):
            changed = path.stat().st_mtime
            return 2 * FREE, changed, (Failure("", "the file of failed attempts was spoilt"),)


def delay(failures: int) -> float:
    """Seconds to wait after so many failures: none for the first few, then 2, 4, 8 … up to a quarter of an hour."""
    if failures < FREE:
        return 0.0
    return min(LONGEST_WAIT, 2.0 ** min(failures - FREE + 1, 30))


def seconds_until_next_attempt(folder: Path, clock: Clock = time.time) -> float:
    """How long an unlock page must wait before it may ask (0: now)."""
    return Attempts(folder, clock).seconds_left()
