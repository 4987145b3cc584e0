"""Whatever is flipped, cut off or swapped on the disk: it is found and named, and nothing wrong is ever shown."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from damage import KINDS, PAGE, Damage, blobs_of, damaged, in_a_blob, in_the_database, look, truncate
from known_vault import Known

from medstation.api import Refused
from medstation.library import Library
from medstation.vault import Vault
from medstation.vault.blob_format import CHUNK, HEAD, SEALED_CHUNK

PLACES = 60
"""Of each of the four kinds, in the database and in the blobs."""


@pytest.fixture
def mended(known: Known) -> Iterator[Known]:
    """The vault, whole again afterwards."""
    kept = known.folder.parent / "kept"
    if not kept.exists():
        shutil.copytree(known.folder, kept, ignore=shutil.ignore_patterns("ballast"))
    yield known
    shutil.rmtree(known.folder)
    shutil.copytree(kept, known.folder)


@pytest.mark.parametrize("act", KINDS)
def test_damage_of_the_blobs_is_named_and_the_rest_is_readable(known: Known, act: Damage) -> None:
    chance = random.Random(1)
    assert set(known.blobs.values()) == set(blobs_of(known))
    for number in range(PLACES):
        _, faults = in_a_blob(known, act, chance)
        assert faults == [], number


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


@pytest.mark.parametrize("act", KINDS)
def test_damage_of_the_database_is_named_and_never_shown(known: Known, act: Damage) -> None:
    chance = random.Random(3)
    opened = whole = 0
    for number in range(PLACES):
        seen, faults = in_the_database(known, act, chance)
        assert faults == [], number
        opened += seen.opened
        whole += len(known.readings) - len(seen.unreadable)
    assert whole >= opened * len(known.readings) / 4
    assert opened > PLACES / 4 or act is truncate


def test_damage_in_50_places_of_the_write_ahead_log_is_told(mended: Known) -> None:
    """SQLite leaves out what it cannot trust at the log's end; the audit log's signed end tells that it is gone."""
    chance = random.Random(4)
    folder, kept = mended.folder, mended.folder.parent / "busy"
    with Vault.attach(folder, mended.key, "owner") as vault:
        for number in range(20):
            with vault.write("eve", "act", f"r-{number}", {"text": "x" * 500}):
                pass
        assert (folder / "vault.db-wal").stat().st_size > 20 * PAGE
        shutil.copytree(folder, kept, ignore=shutil.ignore_patterns("*-shm", "ballast"))
    for number in range(50):
        shutil.rmtree(folder)
        shutil.copytree(kept, folder)
        act = chance.choice(KINDS)
        with damaged(folder / "vault.db-wal", act, chance, PAGE + 24):
            seen = look(mended)
        assert seen.wrong == [], f"{act.__name__} {number}"
        assert seen.problems, f"{act.__name__} {number}"


def test_damage_in_the_header_opens_nothing_else(mended: Known) -> None:
    chance = random.Random(5)
    path = mended.folder / "vault.json"
    told = 0
    for number in range(50):
        act = chance.choice(KINDS)
        with damaged(path, act, chance, 64):
            seen = look(mended)
        assert seen.wrong == [], f"{act.__name__} {number}"
        assert seen.opened or seen.problems
        told += bool(seen.problems)
    assert told >= 45, "only a change between words can go unseen"


def test_damage_of_the_log_s_signed_end_is_told(mended: Known) -> None:
    chance = random.Random(6)
    for _ in range(10):
        path = mended.folder / "audit.head"
        path.write_bytes(bytes(chance.randrange(256) for _ in range(path.stat().st_size)))
        seen = look(mended)
        assert seen.wrong == []
        assert any("signed end" in problem for problem in seen.problems)
