"""The file that a blob is written to: the disk works beside encryption instead of after it."""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from medstation.vault.blob_format import SEALED_CHUNK
from medstation.vault.files import create_private, write_all

_BATCH = 4 * SEALED_CHUNK
_BATCHES = 4
"""Batches in memory: one that is being filled, and those on their way to the disk."""
_SYNC_EVERY = 8 << 20
"""Bytes after which the system is asked to bring what it has to the disk, so that little is left to do at the end."""
_sync_data = getattr(os, "fdatasync", os.fsync)


class BlobFile:
    """Takes pieces in order, which two threads of its own write and sync; content of less than a batch needs neither.

    Any call may raise the `OSError` of an earlier piece.
    """

    def __init__(self, path: Path) -> None:
        self._descriptor: int | None = create_private(path)
        self._batches: list[memoryview | None] = [None] * _BATCHES
        self._written: list[Future[None] | None] = [None] * _BATCHES
        self._turn = self._filled = self._unsynced = 0
        self._synced: Future[None] | None = None
        self._writer, self._syncer = ThreadPoolExecutor(1, "blob writing"), ThreadPoolExecutor(1, "blob syncing")

    def room(self, size: int) -> memoryview:
        """The file's next `size` bytes (at most a sealed chunk), to be filled before the next call."""
        if self._filled + size > _BATCH:
            self._send()
        batch = self._batches[self._turn]
        if batch is None:
            batch = self._batches[self._turn] = memoryview(bytearray(_BATCH))
        self._filled += size
        return batch[self._filled - size : self._filled]

    def _send(self) -> None:
        """Hand the batch to the writing thread, and go on with the next one as soon as that is free."""
        self._written[self._turn] = self._writer.submit(write_all, self._open(), self._full_part())
        self._unsynced += self._filled
        if self._unsynced >= _SYNC_EVERY and _ended(self._synced):
            self._synced = self._syncer.submit(_sync_data, self._open())
            self._unsynced = 0
        self._turn, self._filled = (self._turn + 1) % _BATCHES, 0
        _end(self._written[self._turn])

    def _full_part(self) -> memoryview:
        batch = self._batches[self._turn]
        return batch[: self._filled] if batch else memoryview(b"")

    def finish(self, head: bytes) -> None:
        """Write what waits, put `head` at the beginning, sync and close."""
        for future in (*self._written, self._synced):
            _end(future)
        write_all(self._open(), self._full_part())
        os.lseek(self._open(), 0, os.SEEK_SET)
        write_all(self._open(), head)
        os.fsync(self._open())
        self.close()

    def close(self) -> None:
        """What is on its way is waited for: its descriptor must not become another file's. May be called twice."""
        self._writer.shutdown(cancel_futures=True)
        self._syncer.shutdown(cancel_futures=True)
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _open(self) -> int:
        if self._descriptor is None:
            raise ValueError("the blob is finished")
        return self._descriptor


def _end(future: Future[None] | None) -> None:
    if future is not None:
        future.result()


def _ended(future: Future[None] | None) -> bool:
    """Whether nothing is on its way; raises what went wrong with it."""
    if future is None:
        return True
    if future.done():
        future.result()
        return True
    return False
