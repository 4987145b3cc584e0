"""A large blob is written and synced beside encryption: whole all the same, and no fault of the disk gets lost."""

from __future__ import annotations

import errno
import hashlib
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from vault_fixtures import keep, place

from medstation.api import StorageFull
from medstation.vault import Kdf, Vault, blob_file
from medstation.vault.blob_format import CHUNK, stored_size

LARGE = 21 * CHUNK + 5


def content(size: int) -> bytes:
    return hashlib.shake_128(b"large").digest(size)


def full(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_large_blob_is_whole(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(blob_file, "_SYNC_EVERY", CHUNK)
    monkeypatch.setattr(blob_file, "_sync_data", lambda descriptor: synced.append(os.fstat(descriptor).st_size))
    blob = keep(vault, content(LARGE))
    assert vault.blobs.read(blob) == content(LARGE)
    assert place(vault, blob).stat().st_size == stored_size(LARGE)
    assert synced


@pytest.mark.parametrize("call", ["write_all", "_sync_data"])
def test_a_disk_that_fills_meanwhile_is_told_and_nothing_is_left(
    vault: Vault, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    monkeypatch.setattr(blob_file, "_SYNC_EVERY", CHUNK)
    monkeypatch.setattr(blob_file, call, full)
    with pytest.raises(StorageFull):
        vault.blobs.put(content(LARGE))
    assert [
        path for path in (vault.folder / "blobs" / "tmp").rglob("*") if path.name != "lock" and path.is_file()
    ] == []


def test_a_sync_that_fails_is_not_forgotten_by_the_next(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system tells a program of a lost write once: whoever asks again hears that all is well."""
    outcomes = iter([full])
    monkeypatch.setattr(blob_file, "_SYNC_EVERY", CHUNK)
    monkeypatch.setattr(blob_file, "_sync_data", lambda descriptor: next(outcomes, lambda: None)())
    with pytest.raises(StorageFull):
        vault.blobs.put(content(LARGE))


@pytest.mark.parametrize("end", [lambda writer: writer.finish(), lambda writer: None])
def test_neither_threads_nor_descriptors_are_left(vault: Vault, end: Callable[[object], object]) -> None:
    before = threading.active_count()
    with vault.blobs.writer() as writer:
        writer.write(content(LARGE))
        end(writer)
    assert threading.active_count() == before
    with pytest.raises(ValueError, match="finished"):
        writer.write(content(8 * CHUNK))


def test_a_small_blob_needs_no_threads(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading.Thread, "start", full)
    assert vault.blobs.read(keep(vault, b"small" * 1000)) == b"small" * 1000


def test_equal_content_has_equal_fingerprints_in_one_vault_alone(vault: Vault, tmp_path: Path) -> None:
    def fingerprint(of: Vault, *pieces: bytes) -> str:
        made = of.fingerprint()
        for piece in pieces:
            made.update(piece)
        return made.finish()

    seen = {fingerprint(vault, b"\0" * size) for size in range(40)} | {
        fingerprint(vault, b"a"),
        fingerprint(vault, b"b"),
    }
    assert len(seen) == 42
    assert fingerprint(vault, b"in one piece") == fingerprint(vault, b"in ", b"", b"one piece")
    with Vault.create(tmp_path / "other", "x", kdf=Kdf.weakest()) as other:
        assert fingerprint(other, b"a") != fingerprint(vault, b"a")
    with Vault.attach(vault.folder, vault.key) as again:
        assert fingerprint(again, b"a") == fingerprint(vault, b"a")
