"""Damage anywhere in database, header or blobs is found and named; nothing wrong is shown, and the rest stays readable.

MEDSTATION_DAMAGES is how many places are tried (60 unless set).
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from vault_fixtures import PASSPHRASE, keep, make, place

from medstation.api import MedStationError, Refused, VaultLocked
from medstation.vault import Vault

PLACES = int(os.environ.get("MEDSTATION_DAMAGES", "60"))


def flip(raw: bytes, other: bytes, chance: random.Random) -> bytes:
    changed = bytearray(raw)
    changed[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def cut(raw: bytes, other: bytes, chance: random.Random) -> bytes:
    return raw[: chance.randrange(len(raw))]


def lengthen(raw: bytes, other: bytes, chance: random.Random) -> bytes:
    return raw + chance.randbytes(chance.randrange(1, 5000))


def blank(raw: bytes, other: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(raw) // 512) * 512 if len(raw) > 1024 else 0
    return raw[:start] + bytes(min(512, len(raw) - start)) + raw[start + 512 :]


def swap(raw: bytes, other: bytes, chance: random.Random) -> bytes:
    return other


Damage = Callable[[bytes, bytes, random.Random], bytes]


@pytest.mark.parametrize("damage", [flip, cut, lengthen, blank, swap])
def test_damage_in_a_blob_is_named_and_the_rest_is_readable(vault: Vault, damage: Damage) -> None:
    chance = random.Random(3)
    contents = {keep(vault, data): data for data in (chance.randbytes(size) for size in (1, 5000, 300_000, 600_000))}
    for _ in range(PLACES // 5):
        blob, other = chance.sample(sorted(contents), 2)
        whole = place(vault, blob).read_bytes()
        place(vault, blob).write_bytes(damage(whole, place(vault, other).read_bytes(), chance))
        report = vault.check(deep=True)
        assert report.damaged == (blob,)
        assert all(blob in problem for problem in report.problems)
        with pytest.raises(Refused, match=blob):
            vault.blobs.read(blob)
        assert all(vault.blobs.read(one) == data for one, data in contents.items() if one != blob)
        place(vault, blob).write_bytes(whole)
    assert vault.check(deep=True).ok


@pytest.mark.parametrize("damage", [flip, cut, blank])
@pytest.mark.parametrize("name", ["vault.db", "vault.json"])
def test_damage_in_database_or_header_is_found(folder: Path, name: str, damage: Damage) -> None:
    with make(folder) as vault:
        blobs = [keep(vault, bytes([number]) * 100, "x" * 3000) for number in range(20)]
        key = vault.key
    files = {path: path.read_bytes() for path in folder.iterdir() if path.is_file() and path.name != "ballast"}
    chance = random.Random(4)
    for _ in range(PLACES // 6):
        altered = damage(files[folder / name], b"", chance)
        (folder / name).write_bytes(altered)
        assert not sound(folder, key, blobs), "not found"
        for path in folder.iterdir():
            if path.is_file() and path.name != "ballast" and path not in files:
                path.unlink()
        for path, raw in files.items():
            path.write_bytes(raw)
    assert sound(folder, key, blobs)


def sound(folder: Path, key: bytes, blobs: list[str]) -> bool:
    """True when nothing is wrong at all."""
    try:
        with Vault.open(folder, PASSPHRASE) as vault:
            if not vault.check().ok:
                return False
            with vault.read() as reader:
                assert [row["blob"] for row in reader.all("SELECT blob FROM things ORDER BY id")] == blobs
    except (Refused, VaultLocked):
        return False
    except MedStationError as error:
        assert "cannot be" in error.message, error.message
        return False
    return True
