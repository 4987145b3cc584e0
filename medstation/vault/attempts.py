"""Wrong passphrases are counted, and each one after the first few makes the next attempt wait longer.

The count is on disk, so that starting anew does not help. It keeps a person at the keyboard from guessing; somebody who
can copy the folder guesses elsewhere, and there only the passphrase's strength and Argon2id's cost stand in the way.

Nobody can seal the count without the vault's key, which is what is being guessed. But each unlocking leaves the file
with a new mark, which the encrypted database remembers: so the next unlocking notices a file that was removed, or taken
from another time or vault. A copy of the file as the last unlocking left it, put back after guessing, is not noticed.
"""

from __future__ import annotations

import json
import math
import secrets
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
_MARK_BITS = 62
LONGEST_WAIT = 900.0
_REMEMBERED = 200
Clock = Callable[[], float]
"""Seconds since 1970."""


@dataclass(frozen=True)
class Failure:
    """When (UTC, ISO 8601) and as whom ("" when no known name was given) somebody failed to unlock."""

    at: str
    user: str


@dataclass(frozen=True)
class _Count:
    """What the file says; `mark` is that of the last unlocking, 0 where there is none."""

    failures: int = 0
    last: float = 0.0
    seen: tuple[Failure, ...] = ()
    mark: int = 0


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
        return self._load().failures

    def failures(self) -> tuple[Failure, ...]:
        """The newest of them, oldest first."""
        return self._load().seen

    def seconds_left(self) -> float:
        """How long the next attempt must wait. A clock that was set back makes nobody wait longer than once more."""
        count = self._load()
        wait = delay(count.failures)
        passed = self._clock() - count.last
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
        count, moment = self._load(), self._clock()
        at = datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")
        seen = (*count.seen, Failure(at, user))[-_REMEMBERED:]
        self._save(_Count(count.failures + 1, moment, seen, count.mark))

    def start_again(self) -> int:
        """Forget the failures, which have been told; the file's new mark, never 0."""
        mark = secrets.randbits(_MARK_BITS) | 1
        self._save(_Count(mark=mark))
        return mark

    def what_was_lost(self, mark: int) -> str:
        """What became of the file that the last unlocking left with `mark` ("": it is here; so it is for mark 0)."""
        if not mark or self._load().mark == mark:
            return ""
        return "another file" if (self._folder / FILE).exists() else "no file"

    def _save(self, count: _Count) -> None:
        seen = [asdict(one) for one in count.seen]
        facts = {"failures": count.failures, "last": count.last, "mark": count.mark, "seen": seen}
        with disk_faults("counting failed attempts to unlock"):
            write_whole(self._folder / FILE, json.dumps(facts, indent=2).encode())

    def _load(self) -> _Count:
        """A file that makes no sense counts as many failures: to spoil it must not be a way round the wait."""
        path = self._folder / FILE
        with disk_faults(f"reading {path}"):
            if not path.exists():
                return _Count()
            text = path.read_bytes()
        try:
            data = json.loads(text)
            seen = tuple(Failure(str(one["at"]), str(one["user"])) for one in data["seen"])
            return _Count(max(0, int(data["failures"])), float(data["last"]), seen, int(data.get("mark", 0)))
        except (ValueError, KeyError, TypeError, AttributeError):
            changed = path.stat().st_mtime
            return _Count(2 * FREE, changed, (Failure("", "the file of failed attempts was spoilt"),))


def delay(failures: int) -> float:
    """Seconds to wait after so many failures: none for the first few, then 2, 4, 8 … up to a quarter of an hour."""
    if failures < FREE:
        return 0.0
    return min(LONGEST_WAIT, 2.0 ** min(failures - FREE + 1, 30))


def seconds_until_next_attempt(folder: Path, clock: Clock = time.time) -> float:
    """How long an unlock page must wait before it may ask (0: now)."""
    return Attempts(folder, clock).seconds_left()
