"""Writing a blob: sealed chunk by chunk into a temporary file, which becomes a blob only inside a transaction."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from medstation.vault.blob_file import BlobFile
from medstation.vault.blob_format import CHUNK, HEAD, TAG, BlobCipher
from medstation.vault.faults import disk_faults

Buffer = bytes | bytearray | memoryview


@dataclass(frozen=True)
class PendingBlob:
    """A blob that is written and synced but not yet part of the vault: `Transaction.keep` makes it so.

    `size` is the content's in bytes; `sha256` is the content's as hex ("" when the writer was told not to compute it).
    """

    id: str
    size: int
    sha256: str
    path: Path


class BlobWriter:
    """Takes content in pieces of any size. Leaving the `with` block without `finish` removes what was written."""

    def __init__(self, path: Path, blob_id: str, cipher: BlobCipher, digest: bool) -> None:
        self._path, self._id, self._cipher = path, blob_id, cipher
        self._digest = hashlib.sha256() if digest else None
        self._held = bytearray(CHUNK)  # the newest chunk waits here: only the end tells whether it is the last
        self._held_bytes = 0
        self._chunks = 0
        self._finished = False
        with disk_faults("making a blob"):
            self._file = BlobFile(path)
        self._file.room(HEAD)[:] = bytes(HEAD)

    @property
    def size(self) -> int:
        """Bytes taken so far."""
        return self._chunks * CHUNK + self._held_bytes

    def write(self, data: Buffer) -> None:
        """Append `data` (contiguous bytes). `StorageFull` when the disk is full, of this piece or of an earlier one."""
        view = memoryview(data).cast("B")
        if self._digest:
            self._digest.update(view)
        while view.nbytes:
            if self._held_bytes == CHUNK:
                self._seal(memoryview(self._held), last=False)
                self._held_bytes = 0
            if self._held_bytes == 0:
                view = self._seal_straight(view)
            taken = min(CHUNK - self._held_bytes, view.nbytes)
            self._held[self._held_bytes : self._held_bytes + taken] = view[:taken]
            self._held_bytes += taken
            view = view[taken:]

    def _seal_straight(self, view: memoryview) -> memoryview:
        """Seal whole chunks from the caller's memory, as long as more follows; returns the rest."""
        while view.nbytes > CHUNK:
            self._seal(view[:CHUNK], last=False)
            view = view[CHUNK:]
        return view

    def _seal(self, plain: memoryview, last: bool) -> None:
        with disk_faults("writing a blob"):
            room = self._file.room(plain.nbytes + TAG)
        self._cipher.seal_chunk(self._chunks, last, plain, room)
        self._chunks += 1

    def finish(self) -> PendingBlob:
        """Seal the last chunk and the head, sync the file; what comes back can be kept or discarded."""
        size = self.size
        self._seal(memoryview(self._held)[: self._held_bytes], last=True)
        with disk_faults("writing a blob"):
            self._file.finish(self._cipher.seal_head(size))
        self._finished = True
        return PendingBlob(self._id, size, self._digest.hexdigest() if self._digest else "", self._path)

    def __enter__(self) -> BlobWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        if not self._finished:
            self._path.unlink(missing_ok=True)
