"""Blobs come back as they went in, in any piece; what was altered is refused and named."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from vault_fixtures import keep, place

from medstation.api import BadInput, NotFound, Refused
from medstation.vault import Vault
from medstation.vault.blob_format import CHUNK, HEAD, SEALED_CHUNK, stored_size

SIZES = [0, 1, 1000, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 9 * CHUNK + 7]
fixed_vault = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def content(size: int) -> bytes:
    return hashlib.shake_128(size.to_bytes(8, "big")).digest(size)


@pytest.mark.parametrize("size", SIZES)
def test_a_blob_comes_back_bit_for_bit(vault: Vault, size: int) -> None:
    data = content(size)
    pending = vault.blobs.put(data)
    assert (pending.size, pending.sha256) == (size, hashlib.sha256(data).hexdigest())
    with vault.write("ada", "keep") as tx:
        blob = tx.keep(pending)
    assert vault.blobs.read(blob) == data
    assert place(vault, blob).stat().st_size == stored_size(size)


@fixed_vault
@given(data=st.data(), size=st.sampled_from(SIZES))
def test_any_range_can_be_read(vault: Vault, data: st.DataObject, size: int) -> None:
    expected = content(size)
    near = st.integers(0, size) | st.sampled_from(
        [edge for edge in (CHUNK - 1, CHUNK, CHUNK + 1) if edge <= size] or [0]
    )
    blob = keep(vault, expected)
    with vault.blobs.open(blob) as reader:
        for _ in range(5):
            start, length = data.draw(near), data.draw(near)
            assert reader.read(start, length) == expected[start : start + length]
            buffer = bytearray(min(length, size - start))
            reader.readinto(start, memoryview(buffer))
            assert buffer == expected[start : start + len(buffer)]


@fixed_vault
@given(pieces=st.lists(st.integers(0, 2 * CHUNK + 3), max_size=6))
def test_it_does_not_matter_in_what_pieces_a_blob_is_written(vault: Vault, pieces: list[int]) -> None:
    expected = content(sum(pieces))
    start = 0
    with vault.blobs.writer() as writer:
        for piece in pieces:
            writer.write(memoryview(expected)[start : start + piece])
            start += piece
            assert writer.size == start
        pending = writer.finish()
    with vault.write("ada", "keep") as tx:
        tx.keep(pending)
    assert vault.blobs.read(pending.id) == expected


def test_reading_beyond_the_end_is_told(vault: Vault) -> None:
    with vault.blobs.open(keep(vault, b"12345")) as reader:
        assert reader.read(3, 100) == b"45"
        assert reader.read(9, 1) == b""
        with pytest.raises(BadInput, match="5 bytes"):
            reader.readinto(3, memoryview(bytearray(3)))


def test_several_threads_read_one_blob(vault: Vault) -> None:
    expected = content(9 * CHUNK + 7)
    wrong = []
    with vault.blobs.open(keep(vault, expected)) as reader:

        def read(start: int) -> None:
            for offset in range(start, len(expected), 70_001):
                if reader.read(offset, 999) != expected[offset : offset + 999]:
                    wrong.append(offset)

        threads = [threading.Thread(target=read, args=(start,)) for start in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not wrong


@fixed_vault
@given(where=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_flipped_bit_is_refused_and_named_and_found_by_the_check(vault: Vault, where: float, bit: int) -> None:
    blob = keep(vault, content(2 * CHUNK + 7))
    path = place(vault, blob)
    raw = bytearray(path.read_bytes())
    raw[int(where * len(raw))] ^= 1 << bit
    path.write_bytes(raw)
    with pytest.raises(Refused, match=blob):
        vault.blobs.read(blob)
    report = vault.check(deep=True)
    assert not report.ok
    assert blob in report.damaged


def test_only_the_damaged_chunk_is_lost(vault: Vault) -> None:
    expected = content(3 * CHUNK)
    blob = keep(vault, expected)
    raw = bytearray(place(vault, blob).read_bytes())
    raw[HEAD + SEALED_CHUNK + 5] ^= 1
    place(vault, blob).write_bytes(raw)
    with vault.blobs.open(blob) as reader:
        assert reader.read(0, CHUNK) == expected[:CHUNK]
        assert reader.read(2 * CHUNK) == expected[2 * CHUNK :]
        with pytest.raises(Refused, match=f"bytes {CHUNK} to {2 * CHUNK}"):
            reader.read(CHUNK, 1)


@pytest.mark.parametrize("size", [0, 10, HEAD, HEAD + 1, HEAD + SEALED_CHUNK, stored_size(2 * CHUNK + 7) - 1])
def test_a_truncated_blob_is_refused_and_named(vault: Vault, size: int) -> None:
    blob = keep(vault, content(2 * CHUNK + 7))
    with place(vault, blob).open("r+b") as file:
        file.truncate(size)
    with pytest.raises(Refused, match=blob):
        vault.blobs.open(blob)
    assert vault.check().damaged == (blob,)


def test_a_lengthened_blob_is_refused(vault: Vault) -> None:
    blob = keep(vault, b"data")
    with place(vault, blob).open("ab") as file:
        file.write(b"more")
    with pytest.raises(Refused, match=blob):
        vault.blobs.open(blob)


def test_swapped_blobs_are_refused(vault: Vault) -> None:
    first, second = keep(vault, content(1000)), keep(vault, content(1000))
    one, two = place(vault, first).read_bytes(), place(vault, second).read_bytes()
    place(vault, first).write_bytes(two)
    place(vault, second).write_bytes(one)
    for blob in (first, second):
        with pytest.raises(Refused, match=blob):
            vault.blobs.open(blob)


def test_a_renamed_blob_is_refused_and_the_missing_one_named(vault: Vault) -> None:
    blob = keep(vault, content(1000))
    other = blob[:4] + "0" * 28
    place(vault, blob).rename(place(vault, other))
    with pytest.raises(Refused, match=other):
        vault.blobs.open(other)
    with pytest.raises(Refused, match=f"{blob} is missing"):
        vault.blobs.open(blob)
    assert vault.check().damaged == (blob,)


def test_reordered_chunks_are_refused(vault: Vault) -> None:
    blob = keep(vault, content(3 * CHUNK))
    raw = place(vault, blob).read_bytes()
    one, two = HEAD + SEALED_CHUNK, HEAD + 2 * SEALED_CHUNK
    place(vault, blob).write_bytes(raw[:HEAD] + raw[one:two] + raw[HEAD:one] + raw[two:])
    with pytest.raises(Refused, match=blob):
        vault.blobs.read(blob)


def test_a_chunk_of_another_blob_is_refused(vault: Vault) -> None:
    first, second = keep(vault, content(2 * CHUNK)), keep(vault, content(2 * CHUNK))
    one, two = place(vault, first).read_bytes(), place(vault, second).read_bytes()
    place(vault, first).write_bytes(one[:HEAD] + two[HEAD : HEAD + SEALED_CHUNK] + one[HEAD + SEALED_CHUNK :])
    with pytest.raises(Refused, match=first):
        vault.blobs.read(first)


def test_what_is_not_an_id_never_becomes_a_path(vault: Vault) -> None:
    for name in ("../vault.db", "", "x" * 32, "A" * 32):
        with pytest.raises(NotFound):
            vault.blobs.open(name)


def test_a_writer_that_is_left_early_leaves_nothing(vault: Vault) -> None:
    with pytest.raises(KeyError), vault.blobs.writer() as writer:
        writer.write(content(3 * CHUNK))
        raise KeyError
    assert _unfinished(vault.folder) == []


def _unfinished(folder: Path) -> list[str]:
    return [path.name for path in (folder / "blobs" / "tmp").rglob("*") if path.is_file() and path.name != "lock"]
