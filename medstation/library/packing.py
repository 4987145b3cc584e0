"""Copying original files into one pack blob, bit for bit; what the vault holds already is not copied again."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

from medstation.api import ReportProgress, Skipped
from medstation.vault import BlobWriter, PendingBlob, Vault

_AT_ONCE = 32 << 20
"""Files up to this size are read once, whole; larger ones are read twice, in pieces: first hashed, then copied."""
_PIECE = 4 << 20
_AHEAD = 4
_READERS = 2


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
class Original:
    """A file's content: where it begins in the pack, or None when the vault had it before."""

    path: Path
    sha256: str
    length: int
    start: int | None


@dataclass
class Pack:
    """What was packed; `pending` waits for the transaction, and is None when no file was new."""

    originals: dict[Path, Original] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    pending: PendingBlob | None = None


@dataclass(frozen=True)
class _Read:
    path: Path
    stamp: Stamp
    sha256: str
    content: bytes | None


class _Target:
    """The pack's blob, begun when the first file for it turns up; left unfinished, it is removed."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._stack = ExitStack()
        self._writer: BlobWriter | None = None

    def writer(self) -> BlobWriter:
        if self._writer is None:
            self._writer = self._stack.enter_context(self._vault.blobs.writer(digest=False))
        return self._writer

    def __enter__(self) -> _Target:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


class Packer:
    """Packs files of one task. Remembers hashes, so that a file with many records in it is read once."""

    def __init__(self, vault: Vault, task: str) -> None:
        self._vault = vault
        self._task = task
        self._hashes: dict[tuple[Path, Stamp], str] = {}

    def pack(self, paths: Iterable[Path], report: ReportProgress) -> Pack:
        """`Stopped` from `report` and a full disk leave nothing behind; a file that cannot be read is skipped."""
        wanted = list(dict.fromkeys(paths))
        pack = Pack()
        starts: dict[str, int] = {}
        with _Target(self._vault) as target, closing(self._read_ahead(wanted)) as reads:
            for done, (path, outcome) in enumerate(reads):
                report(done / len(wanted), path.name)
                if isinstance(outcome, _Read):
                    outcome = self._add(target, outcome, starts)
                if isinstance(outcome, Skipped):
                    pack.skipped.append(outcome)
                else:
                    pack.originals[path] = outcome
            if starts:
                pack.pending = target.writer().finish()
        return pack

    def _add(self, target: _Target, read: _Read, starts: dict[str, int]) -> Original | Skipped:
        """Copy the file unless its content is there already, from before or from this very pack."""
        start = starts.get(read.sha256)
        if start is None and not self._known(read.sha256):
            start = target.writer().size
            try:
                unchanged = _copy(target.writer(), read)
            except OSError as error:
                return _unreadable(read.path, error)
            if not unchanged:
                return Skipped(read.path, "it changed while it was being read", "Import it again when it is complete.")
            starts[read.sha256] = start
        self._hashes[read.path, read.stamp] = read.sha256
        return Original(read.path, read.sha256, read.stamp.size, start)

    def _known(self, sha256: str) -> bool:
        with self._vault.read() as reader:
            sql = "SELECT 1 FROM originals WHERE task = ? AND sha256 = ?"
            return reader.one(sql, self._task, sha256) is not None

    def _read_ahead(self, paths: list[Path]) -> Generator[tuple[Path, _Read | Original | Skipped], None, None]:
        """Read and hash a few files ahead in threads, since hashing takes longer than encrypting."""
        if len(paths) == 1:
            yield paths[0], self._read(paths[0])
            return
        with ThreadPoolExecutor(_READERS) as readers:
            ahead: deque[tuple[Path, Future[_Read | Original | Skipped]]] = deque()
            try:
                for path in paths:
                    ahead.append((path, readers.submit(self._read, path)))
                    if len(ahead) == _AHEAD:
                        first, future = ahead.popleft()
                        yield first, future.result()
                for first, future in ahead:
                    yield first, future.result()
            finally:
                readers.shutdown(cancel_futures=True)

    def _read(self, path: Path) -> _Read | Original | Skipped:
        try:
            stamp = Stamp.of(path)
            known = self._hashes.get((path, stamp))
            if known and self._known(known):
                return Original(path, known, stamp.size, None)
            if stamp.size <= _AT_ONCE:
                content = path.read_bytes()
                return _Read(path, Stamp(len(content), stamp.modified), hashlib.sha256(content).hexdigest(), content)
            with path.open("rb") as file:
                return _Read(path, stamp, hashlib.file_digest(file, "sha256").hexdigest(), None)
        except OSError as error:
            return _unreadable(path, error)


def _copy(writer: BlobWriter, read: _Read) -> bool:
    """False when the file is no longer the one that was hashed."""
    if read.content is not None:
        writer.write(read.content)
        return True
    piece = memoryview(bytearray(_PIECE))
    with read.path.open("rb", buffering=0) as file:
        while count := file.readinto(piece):
            writer.write(piece[:count])
    return Stamp.of(read.path) == read.stamp


def _unreadable(path: Path, error: OSError) -> Skipped:
    return Skipped(path, f"it cannot be read ({error.strerror or error})", "Check that the file is there and readable.")
