"""Durable file operations: private folders, whole-or-absent small files, reads at an offset, locks that die with us."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

BINARY = getattr(os, "O_BINARY", 0)
_seek_lock = threading.Lock()


def make_private_folder(folder: Path) -> None:
    """Make `folder` (and nothing above it) for its owner alone; an existing one is narrowed."""
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable: without it, a renamed file may be gone after a power cut."""
    if sys.platform == "win32":
        return  # Windows has no such call; its file systems journal names themselves.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def create_private(path: Path) -> int:
    """A descriptor of a new file that only its owner may read."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | BINARY, 0o600)


def write_all(descriptor: int, data: bytes | bytearray | memoryview) -> None:
    """Write all of `data`; the system may take less than it is given."""
    view = memoryview(data)
    while view.nbytes:
        view = view[os.write(descriptor, view) :]


def write_whole(path: Path, data: bytes) -> None:
    """Replace `path` by `data`: after a crash there is the old content or the new, never a part."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    descriptor = create_private(fresh)
    try:
        write_all(descriptor, data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    fresh.replace(path)
    sync_folder(path.parent)


def read_at(descriptor: int, offset: int, buffer: memoryview) -> int:
    """Fill `buffer` from `offset` as far as the file goes; several threads may read one descriptor. Returns bytes."""
    done = 0
    while done < buffer.nbytes:
        count = _read_some(descriptor, offset + done, buffer[done:])
        if count == 0:
            break
        done += count
    return done


def _read_some(descriptor: int, offset: int, buffer: memoryview) -> int:
    if hasattr(os, "preadv"):
        return os.preadv(descriptor, [buffer], offset)
    with _seek_lock:  # where there is no positioned read, the file's one position is shared
        os.lseek(descriptor, offset, os.SEEK_SET)
        data = os.read(descriptor, buffer.nbytes)
    buffer[: len(data)] = data
    return len(data)


class FileLock:
    """A lock on a file that the system releases when its holder ends, however it ends."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | BINARY, 0o600)
        self._open = True

    def acquire(self, wait: bool = True) -> bool:
        """True when the lock is ours now; without `wait`, False when another holds it."""
        try:
            _lock(self._descriptor, wait)
        except OSError:
            if wait:
                raise
            return False
        return True

    def release(self) -> None:
        if self._open:
            self._open = False
            os.close(self._descriptor)

    def __enter__(self) -> FileLock:
        try:
            self.acquire()
        except BaseException:
            self.release()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def _lock(descriptor: int, wait: bool) -> None:
    if sys.platform == "win32":
        msvcrt.locking(descriptor, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
