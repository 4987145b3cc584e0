"""Original files on their way in: read with their fingerprints, and looked up among those that the vault holds."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from medstation.api import Skipped
from medstation.vault import Fingerprint, Reader

_AT_ONCE = 32 << 20
"""Files up to this size are read once, whole; larger ones twice, in pieces: for the fingerprint, then to be copied."""
_PIECE = 4 << 20
_OF_BEFORE = "sha256:"
"""Files stored before there were keyed fingerprints are known by their SHA-256, which takes ten times as long."""


@dataclass(frozen=True)
class Stamp:
    """What tells that a file is still the one that was read."""

    size: int
    modified: int

    @classmethod
    def of(cls, path: Path) -> Stamp:
        facts = path.stat()
        return cls(facts.st_size, facts.st_mtime_ns)


@dataclass(frozen=True)
class FileRead:
    """A file that was read; a large one's `content` is None, and it must be read again to be copied."""

    path: Path
    stamp: Stamp
    fingerprint: str
    content: bytes | None


def read(path: Path, fingerprint: Fingerprint) -> FileRead | Skipped:
    """Read `path` into a fresh `fingerprint`."""
    try:
        stamp = Stamp.of(path)
        if stamp.size <= _AT_ONCE:
            content = path.read_bytes()
            fingerprint.update(content)
            return FileRead(path, Stamp(len(content), stamp.modified), fingerprint.finish(), content)
        each_piece(path, fingerprint.update)
        return FileRead(path, stamp, fingerprint.finish(), None)
    except OSError as error:
        return unreadable(path, error)


def each_piece(path: Path, take: Callable[[memoryview], object]) -> None:
    """The file's bytes, a few megabytes at a time; `take` must not keep them."""
    piece = memoryview(bytearray(_PIECE))
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(piece):
            take(piece[:count])


def unreadable(path: Path, error: OSError) -> Skipped:
    return Skipped(path, f"it cannot be read ({error.strerror or error})", "Check that the file is there and readable.")


def held_as(reader: Reader, task: str, file: FileRead) -> str:
    """What the vault knows the file's content by, "" when it does not hold it. `OSError` when it is gone meanwhile."""
    if _is_held(reader, task, file.fingerprint):
        return file.fingerprint
    older = f"SELECT 1 FROM originals WHERE task = ? AND length = ? AND fingerprint GLOB '{_OF_BEFORE}*'"
    if reader.one(older, task, file.stamp.size) is None:
        return ""
    digest = _OF_BEFORE + _sha256(file)
    return digest if _is_held(reader, task, digest) else ""


def _is_held(reader: Reader, task: str, fingerprint: str) -> bool:
    sql = "SELECT 1 FROM originals WHERE task = ? AND fingerprint = ?"
    return reader.one(sql, task, fingerprint) is not None


def _sha256(file: FileRead) -> str:
    digest = hashlib.sha256()
    if file.content is not None:
        digest.update(file.content)
    else:
        each_piece(file.path, digest.update)
    return digest.hexdigest()
