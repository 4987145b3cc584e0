"""Whatever is flipped, cut off or swapped on the disk: it is found and named, and nothing wrong is ever shown."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from known_vault import Known

from medstation.api import MedStationError, Refused
from medstation.library import Library
from medstation.vault import Vault
from medstation.vault.blob_format import CHUNK, HEAD, SEALED_CHUNK

PLACES = 250
"""Of the database, and again of the blobs."""
PAGE = 4096


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


@pytest.fixture
def mended(known: Known) -> Iterator[Known]:
    """The vault, whole again afterwards."""
    kept = known.folder.parent / "kept"
    if not kept.exists():
        shutil.copytree(known.folder, kept, ignore=shutil.ignore_patterns("ballast"))
    yield known
    shutil.rmtree(known.folder)
    shutil.copytree(kept, known.folder)


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
    first = len(raw) % unit if unit == SEALED_CHUNK else 0
    units = (len(raw) - first) // unit
    if units < 2:
        return flip(raw, chance, unit)
    one, two = (first + unit * number for number in chance.sample(range(units), 2))
    raw[one : one + unit], raw[two : two + unit] = raw[two : two + unit], raw[one : one + unit]
    return None


DAMAGES: list[Callable[[bytearray, random.Random, int], None]] = [flip, flip, truncate, overwrite, swap]


def damaged(path: Path, chance: random.Random, unit: int) -> tuple[bytes, str]:
    """Damage a file; its true bytes, and how it was damaged."""
    true = path.read_bytes()
    act = chance.choice(DAMAGES)
    raw = bytearray(true)
    act(raw, chance, unit)
    path.write_bytes(raw)
    return true, act.__name__


def test_damage_in_250_places_of_the_blobs_is_named_and_the_rest_is_readable(known: Known) -> None:
    chance = random.Random(1)
    paths = {path.name: path for path in (known.folder / "blobs").rglob("*") if len(path.name) == 32}
    assert set(known.blobs.values()) == set(paths)
    named: Counter[str] = Counter()
    for number in range(PLACES):
        blob = chance.choice(sorted(paths))
        true, act = damaged(paths[blob], chance, SEALED_CHUNK)
        place = f"{act} {number} of {blob}"
        seen = look(known)
        assert seen.wrong == [], place
        assert any(blob in problem for problem in seen.problems), place
        assert seen.unreadable <= {name for name, needs in known.blobs.items() if needs == blob}, place
        paths[blob].write_bytes(true)
        named[act] += 1
    assert len(named) == 4


def test_of_a_file_with_a_damaged_chunk_all_other_chunks_are_readable(known: Known) -> None:
    name, blob = max(known.blobs.items(), key=lambda item: _place(known, item[1]).stat().st_size)
    path, content = _place(known, blob), known.truth[name]
    true = path.read_bytes()
    chunks = range(-(-len(content) // CHUNK))
    assert len(chunks) >= 3
    for broken in chunks:
        raw = bytearray(true)
        raw[HEAD + broken * SEALED_CHUNK + 100] ^= 1
        path.write_bytes(raw)
        with known.attach().vault as vault:
            files = Library(vault, "reader").files(name.removeprefix("file "))
            for chunk in chunks:
                expected = content[chunk * CHUNK : (chunk + 1) * CHUNK]
                if chunk == broken:
                    with pytest.raises(Refused, match=f"bytes {chunk * CHUNK} to "):
                        files.read(0, chunk * CHUNK, CHUNK)
                else:
                    assert files.read(0, chunk * CHUNK, CHUNK) == expected
    path.write_bytes(true)


def _place(known: Known, blob: str) -> Path:
    return known.folder / "blobs" / blob[:2] / blob[2:4] / blob


def test_blobs_put_in_each_others_place_are_named(known: Known) -> None:
    chance = random.Random(2)
    for _ in range(10):
        first, second = chance.sample(sorted(set(known.blobs.values())), 2)
        one, two = _place(known, first), _place(known, second)
        true = one.read_bytes(), two.read_bytes()
        one.write_bytes(true[1])
        two.write_bytes(true[0])
        seen = look(known)
        assert seen.wrong == []
        assert all(any(blob in problem for problem in seen.problems) for blob in (first, second))
        one.write_bytes(true[0])
        two.write_bytes(true[1])


def test_damage_in_250_places_of_the_database_is_named_and_never_shown(known: Known) -> None:
    chance = random.Random(3)
    path = known.folder / "vault.db"
    true = path.read_bytes()
    opened = whole = 0
    for number in range(PLACES):
        _, act = damaged(path, chance, PAGE)
        seen = look(known)
        assert seen.wrong == [], f"{act} {number}"
        assert any("database" in problem for problem in seen.problems), f"{act} {number}: {seen.problems}"
        opened += seen.opened
        whole += len(known.readings) - len(seen.unreadable)
        _put_back(known, true)
    assert opened > PLACES / 4
    assert whole > opened * len(known.readings) / 4


def _put_back(known: Known, true: bytes) -> None:
    for name in ("vault.db-wal", "vault.db-shm"):
        (known.folder / name).unlink(missing_ok=True)
    (known.folder / "vault.db").write_bytes(true)


def test_damage_in_50_places_of_the_write_ahead_log_is_told(mended: Known) -> None:
    """SQLite leaves out what it cannot trust at the log's end; the audit log's signed end tells that it is gone."""
    chance = random.Random(4)
    folder, kept = mended.folder, mended.folder.parent / "busy"
    with Vault.attach(folder, mended.key) as vault:
        for number in range(20):
            with vault.write("eve", "act", f"r-{number}", {"text": "x" * 500}):
                pass
        assert (folder / "vault.db-wal").stat().st_size > 20 * PAGE
        shutil.copytree(folder, kept, ignore=shutil.ignore_patterns("*-shm", "ballast"))
    for number in range(50):
        shutil.rmtree(folder)
        shutil.copytree(kept, folder)
        _, act = damaged(folder / "vault.db-wal", chance, PAGE + 24)
        seen = look(mended)
        assert seen.wrong == [], f"{act} {number}"
        assert seen.problems, f"{act} {number}"


def test_damage_in_the_header_opens_nothing_else(mended: Known) -> None:
    chance = random.Random(5)
    path = mended.folder / "vault.json"
    true = path.read_bytes()
    told = 0
    for number in range(50):
        _, act = damaged(path, chance, 64)
        seen = look(mended)
        assert seen.wrong == [], f"{act} {number}"
        assert seen.opened or seen.problems
        told += bool(seen.problems)
        path.write_bytes(true)
    assert told >= 45, "only a change between words can go unseen"


def test_damage_of_the_log_s_signed_end_is_told(mended: Known) -> None:
    chance = random.Random(6)
    for _ in range(10):
        path = mended.folder / "audit.head"
        path.write_bytes(bytes(chance.randrange(256) for _ in range(path.stat().st_size)))
        seen = look(mended)
        assert seen.wrong == []
        assert any("signed end" in problem for problem in seen.problems)
