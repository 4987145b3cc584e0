"""Copying original files into one pack blob, bit for bit; what the vault holds already is not copied again."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

from medstation.api import ReportProgress, Skipped
from medstation.library.originals import FileRead, Stamp, each_piece, held_as, read, unreadable
from medstation.vault import BlobWriter, PendingBlob, Reader, Vault

_AHEAD = 8
_READERS = 2


@dataclass(frozen=True)
class Original:
    """A file's content: where it begins in the pack, or None when the vault had it before."""

    path: Path
    fingerprint: str
    length: int
    start: int | None


@dataclass
class Pack:
    """What was packed; `pending` waits for the transaction, and is None when no file was new."""

    originals: dict[Path, Original] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    pending: PendingBlob | None = None


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
    """Packs files of one task. Remembers fingerprints, so that a file with many records in it is read once."""

    def __init__(self, vault: Vault, task: str) -> None:
        self._vault = vault
        self._task = task
        self._fingerprints: dict[tuple[Path, Stamp], str] = {}

    def pack(self, paths: Iterable[Path], report: ReportProgress) -> Pack:
        """`Stopped` from `report` and a full disk leave nothing behind; a file that cannot be read is skipped."""
        wanted = list(dict.fromkeys(paths))
        pack = Pack()
        starts: dict[str, int] = {}
        with ExitStack() as stack:
            held = stack.enter_context(self._vault.read())  # one for all: a look-up each would take longer to begin
            target = stack.enter_context(_Target(self._vault))
            reads = stack.enter_context(closing(self._read_ahead(wanted)))
            for done, (path, outcome) in enumerate(reads):
                report(done / len(wanted), path.name)
                original = self._add(held, target, outcome, starts) if isinstance(outcome, FileRead) else outcome
                if isinstance(original, Skipped):
                    pack.skipped.append(original)
                else:
                    pack.originals[path] = original
            if starts:
                pack.pending = target.writer().finish()
        return pack

    def _add(self, held: Reader, target: _Target, file: FileRead, starts: dict[str, int]) -> Original | Skipped:
        """Copy the file unless its content is there already, from before or from this very pack."""
        start = starts.get(file.fingerprint)
        try:
            fingerprint = file.fingerprint if start is not None else held_as(held, self._task, file)
            if not fingerprint:
                fingerprint, start = file.fingerprint, target.writer().size
                if not _copy(target.writer(), file):
                    return _changing(file.path)
                starts[fingerprint] = start
        except OSError as error:
            return unreadable(file.path, error)
        self._fingerprints[file.path, file.stamp] = fingerprint
        return Original(file.path, fingerprint, file.stamp.size, start)

    def _read_ahead(self, paths: list[Path]) -> Generator[tuple[Path, FileRead | Skipped], None, None]:
        """Read a few files ahead in threads, while those before them are encrypted and written."""
        if len(paths) == 1:
            yield paths[0], self._read(paths[0])
            return
        with ThreadPoolExecutor(_READERS) as readers:
            ahead: deque[tuple[Path, Future[FileRead | Skipped]]] = deque()
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

    def _read(self, path: Path) -> FileRead | Skipped:
        """The file, or only what is remembered of it: then it is read when its content turns out to be needed."""
        try:
            stamp = Stamp.of(path)
        except OSError as error:
            return unreadable(path, error)
        known = self._fingerprints.get((path, stamp))
        return FileRead(path, stamp, known, None) if known else read(path, self._vault.fingerprint())


def _copy(writer: BlobWriter, file: FileRead) -> bool:
    """False when the file is no longer the one that was read before."""
    if file.content is not None:
        writer.write(file.content)
        return True
    each_piece(file.path, writer.write)
    return Stamp.of(file.path) == file.stamp


def _changing(path: Path) -> Skipped:
    return Skipped(path, "it changed while it was being read", "Import it again when it is complete.")
