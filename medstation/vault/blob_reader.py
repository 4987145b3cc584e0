"""Reading a blob: any range of bytes, each chunk authenticated before a byte of it is handed out."""

from __future__ import annotations

import os
import threading
import weakref
from pathlib import Path

from cryptography.exceptions import InvalidTag

from medstation.api import BadInput, Refused
from medstation.vault.blob_format import CHUNK, HEAD, SEALED_CHUNK, TAG, BlobCipher, chunk_count, stored_size
from medstation.vault.faults import RESTORE, disk_faults
from medstation.vault.files import BINARY, read_at

_AT_ONCE = 2
"""Chunks per read of the file: no more than a processor's own memory holds until they are decrypted."""


class _Desk(threading.local):
    """A thread's own memory: what it reads into, and the chunk that it opened last in part, to which readers of headers
    and of neighbouring ranges come back. Kept, since fresh memory costs nearly as much as decrypting into it."""

    def __init__(self) -> None:
        self.sealed = memoryview(b"")
        self.plain = memoryview(b"")
        self.opened = -1

    def room(self, size: int) -> memoryview:
        if self.sealed.nbytes < size:
            self.sealed = memoryview(bytearray(size))
        return self.sealed[:size]

    def chunk(self) -> memoryview:
        if not self.plain:
            self.plain = memoryview(bytearray(CHUNK))
        return self.plain


class BlobReader:
    """One blob, open for reading; several threads may use it. `Refused` names a blob that was altered."""

    def __init__(self, path: Path, blob_id: str, cipher: BlobCipher) -> None:
        self.id = blob_id
        self._cipher = cipher
        try:
            descriptor = os.open(path, os.O_RDONLY | BINARY)
        except FileNotFoundError:
            raise Refused(f"blob {blob_id} is missing", RESTORE) from None
        except OSError as error:
            raise Refused(f"blob {blob_id} cannot be read: {error.strerror}", "Check the vault's disk.") from error
        self._descriptor = descriptor
        self._close = weakref.finalize(self, os.close, descriptor)
        try:
            self.size = self._open_head()
        except BaseException:
            self._close()
            raise
        self._last_chunk = chunk_count(self.size) - 1
        self._desk = _Desk()

    def _open_head(self) -> int:
        head = bytearray(HEAD)
        with disk_faults(f"reading blob {self.id}"):
            found = read_at(self._descriptor, 0, memoryview(head))
            length = os.fstat(self._descriptor).st_size
        try:
            size = self._cipher.open_head(bytes(head[:found]))
        except (InvalidTag, ValueError):
            raise self._damaged("its head was altered or belongs to another blob") from None
        if length != stored_size(size):
            raise self._damaged(f"it has {length} bytes on disk instead of {stored_size(size)}")
        return size

    def read(self, offset: int = 0, length: int = -1) -> bytes:
        """`length` bytes from `offset`, fewer at the end (-1: to the end)."""
        if offset < 0:
            raise ValueError("offset is negative")
        rest = max(0, self.size - offset)
        wanted = rest if length < 0 else min(length, rest)
        if wanted == 0:
            return b""
        content = bytearray(wanted)
        self.readinto(offset, memoryview(content))
        return bytes(content)

    def readinto(self, offset: int, buffer: memoryview) -> None:
        """Fill `buffer` (writable, contiguous, bytes) from `offset`; `BadInput` when the blob ends before."""
        if offset < 0 or offset + buffer.nbytes > self.size:
            raise BadInput(
                f"blob {self.id} has {self.size} bytes; {buffer.nbytes} from {offset} were asked for",
                "The file is shorter than its header says.",
            )
        buffer = buffer.cast("B")
        while buffer.nbytes:
            index, start = divmod(offset, CHUNK)
            done = self._again(start, buffer) if index == self._desk.opened else self._some(index, start, buffer)
            offset, buffer = offset + done, buffer[done:]

    def _again(self, start: int, buffer: memoryview) -> int:
        """From the chunk that was opened last; returns the bytes filled."""
        piece = self._desk.plain[start : min(start + buffer.nbytes, self._plain_size(self._desk.opened))]
        buffer[: piece.nbytes] = piece
        return piece.nbytes

    def _some(self, first: int, start: int, buffer: memoryview) -> int:
        """From several chunks, which are read at once; returns the bytes filled.

        Those that `buffer` takes whole are decrypted straight into it.
        """
        count = min(-(-(start + buffer.nbytes) // CHUNK), _AT_ONCE)
        sealed = self._sealed(first, count, self._desk.room(count * SEALED_CHUNK))
        done = 0
        for number in range(count):
            index, piece = first + number, sealed[number * SEALED_CHUNK : (number + 1) * SEALED_CHUNK]
            size = piece.nbytes - TAG
            if start == 0 and size <= buffer.nbytes - done:
                self._unseal(index, piece, buffer[done : done + size])
                done += size
            else:
                self._desk.opened = -1  # until it is known to be sound
                self._unseal(index, piece, self._desk.chunk()[:size])
                self._desk.opened = index
                done += self._again(start, buffer[done:])
            start = 0
        return done

    def _plain_size(self, index: int) -> int:
        return min(CHUNK, self.size - index * CHUNK)

    def _sealed(self, first: int, count: int, scratch: memoryview) -> memoryview:
        """The bytes of `count` chunks as they are on disk, in `scratch`."""
        start = first * SEALED_CHUNK
        end = min(start + count * SEALED_CHUNK, stored_size(self.size) - HEAD)
        sealed = scratch[: end - start]
        with disk_faults(f"reading blob {self.id}"):
            found = read_at(self._descriptor, HEAD + start, sealed)
        if found != sealed.nbytes:
            raise self._damaged("it was cut short")
        return sealed

    def _unseal(self, index: int, sealed: memoryview, into: memoryview) -> None:
        try:
            self._cipher.open_chunk(index, index == self._last_chunk, sealed, into)
        except InvalidTag:
            start = index * CHUNK
            raise self._damaged(f"bytes {start} to {min(start + CHUNK, self.size)} were altered") from None

    def damage(self) -> list[str]:
        """Read everything; what is wrong, chunk by chunk (empty: nothing)."""
        found = []
        scratch, plain = memoryview(bytearray(SEALED_CHUNK)), memoryview(bytearray(CHUNK))
        for index in range(self._last_chunk + 1):
            try:
                sealed = self._sealed(index, 1, scratch)
                self._unseal(index, sealed, plain[: sealed.nbytes - TAG])
            except Refused as error:
                found.append(error.message)
        return found

    def _damaged(self, how: str) -> Refused:
        return Refused(f"blob {self.id} is damaged: {how}", RESTORE)

    def close(self) -> None:
        self._close()

    def __enter__(self) -> BlobReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
