"""What is flipped, zeroed, cut off or swapped on the disk is found and named, and nothing wrong is ever shown.

    python tests/trust/damage.py --places 500 --seed 1

Damages a small vault's database and blobs in so many places of every kind, one at a time; after each, everything is
read and the vault is checked deeply. The exit code is 0 when all was found and nothing wrong was shown; the last line
on standard output is the count as JSON. `test_damage` does the same in fewer places.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parent), *(str(Path(__file__).parents[2] / part) for part in ("", "plugins"))]

import known_vault  # noqa: E402
import toy_site  # noqa: E402
from known_vault import Known  # noqa: E402

from medstation.api import MedStationError  # noqa: E402
from medstation.vault.blob_format import HEAD, SEALED_CHUNK  # noqa: E402

PAGE = 4096
Damage = Callable[[bytearray, random.Random, int], None]


@dataclass
class Seen:
    """What one damaged vault showed."""

    wrong: list[str]
    unreadable: set[str]
    problems: tuple[str, ...]
    opened: bool = True


def look(known: Known) -> Seen:
    """Read everything, then check deeply."""
    try:
        library = known.attach()
    except MedStationError as error:
        return Seen([], set(known.readings), (error.message,), opened=False)
    with library.vault:
        answers = list(known.read(library))
        wrong = [name for name, found, error in answers if error is None and found != known.truth[name]]
        unreadable = {name for name, _, error in answers if error is not None}
        return Seen(wrong, unreadable, library.vault.check(deep=True).problems)


# Kinds of damage: each takes a file's bytes and gives others


def flip(raw: bytearray, chance: random.Random, unit: int) -> None:
    raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)


def truncate(raw: bytearray, chance: random.Random, unit: int) -> None:
    """Anywhere, or right after a whole page or chunk, where it is hardest to see."""
    units = len(raw) // unit
    cut = chance.randrange(len(raw)) if units < 2 or chance.random() < 0.5 else unit * chance.randrange(1, units)
    del raw[cut:]


def overwrite(raw: bytearray, chance: random.Random, unit: int) -> None:
    """A stretch of zeros, as file systems leave it after a power cut."""
    start = chance.randrange(len(raw))
    end = min(len(raw), start + chance.choice((1, 16, 512, unit)))
    raw[start:end] = bytes(end - start) if any(raw[start:end]) else b"\xff" * (end - start)


def swap(raw: bytearray, chance: random.Random, unit: int) -> None:
    """Two whole pages or chunks; a flip where there is one only."""
    first = HEAD if unit == SEALED_CHUNK else 0
    units = (len(raw) - first) // unit
    if units < 2:
        return flip(raw, chance, unit)
    one, two = (first + unit * number for number in chance.sample(range(units), 2))
    raw[one : one + unit], raw[two : two + unit] = raw[two : two + unit], raw[one : one + unit]
    return None


KINDS: tuple[Damage, ...] = (flip, truncate, overwrite, swap)


@contextmanager
def damaged(path: Path, act: Damage, chance: random.Random, unit: int) -> Iterator[None]:
    """The file is damaged in the block, and as it was after it; so are a database's side files."""
    true = path.read_bytes()
    raw = bytearray(true)
    act(raw, chance, unit)
    path.write_bytes(raw)
    try:
        yield
    finally:
        for side in (path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
            side.unlink(missing_ok=True)
        path.write_bytes(true)


def blobs_of(known: Known) -> dict[str, Path]:
    return {path.name: path for path in (known.folder / "blobs").rglob("*") if len(path.name) == 32}


def in_a_blob(known: Known, act: Damage, chance: random.Random) -> tuple[Seen, list[str]]:
    """Damage one blob; what was seen, and what is wrong with that."""
    paths = blobs_of(known)
    least = 2 * SEALED_CHUNK if act is swap else 0
    blob = chance.choice(sorted(name for name, path in paths.items() if path.stat().st_size > least))
    with damaged(paths[blob], act, chance, SEALED_CHUNK):
        seen = look(known)
    needing = {name for name, needs in known.blobs.items() if needs == blob}
    faults = [f"shown wrong: {seen.wrong}"] if seen.wrong else []
    faults += [] if any(blob in problem for problem in seen.problems) else ["not named"]
    return seen, faults + ([f"others unreadable: {seen.unreadable - needing}"] if seen.unreadable - needing else [])


def in_the_database(known: Known, act: Damage, chance: random.Random) -> tuple[Seen, list[str]]:
    with damaged(known.folder / "vault.db", act, chance, PAGE):
        seen = look(known)
    faults = [f"shown wrong: {seen.wrong}"] if seen.wrong else []
    return seen, faults + ([] if any("database" in problem for problem in seen.problems) else ["not named"])


PLACES = {"blobs": in_a_blob, "database": in_the_database}


@dataclass
class Count:
    """Of one kind of damage in one place."""

    places: int = 0
    opened: int = 0
    read: int = 0
    faults: list[str] = field(default_factory=list)

    def to_json(self, readings: int) -> dict[str, Any]:
        return {
            "places": self.places,
            "opened": self.opened,
            "readings right on average": round(self.read / max(1, self.places), 1),
            "of": readings,
            "faults": self.faults,
        }


def run(known: Known, places: int, seed: int) -> dict[str, Any]:
    chance = random.Random(seed)
    counts: dict[str, Any] = {}
    for where, damage in PLACES.items():
        for act in KINDS:
            count = Count()
            for number in range(places):
                seen, faults = damage(known, act, chance)
                count.places += 1
                count.opened += seen.opened
                count.read += len(known.readings) - len(seen.unreadable)
                count.faults += [f"{number}: {fault}" for fault in faults]
            counts[f"{where}, {act.__name__}"] = count.to_json(len(known.readings))
            sys.stderr.write(f"{where}, {act.__name__}: {count.places} places, {len(count.faults)} faults\n")
    return counts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--places", type=int, default=500, help="of each kind, in the database and in the blobs")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=None, help="where the vault is made (default: a new one)")
    given = parser.parse_args()
    began = time.monotonic()
    scratch = Path(tempfile.mkdtemp(dir=given.folder))
    try:
        toy_site.install(scratch / "site")
        counts = run(known_vault.make(scratch / "vault", scratch), given.places, given.seed)
    finally:
        shutil.rmtree(scratch)
    faults = sum(len(count["faults"]) for count in counts.values())
    seconds = round(time.monotonic() - began)
    sys.stdout.write(json.dumps({"counts": counts, "faults": faults, "seconds": seconds}) + "\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
