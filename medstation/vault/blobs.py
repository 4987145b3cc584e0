"""The blobs of a vault: encrypted files in two levels of folders, named by a random id."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from medstation.api import NotFound
from medstation.vault.blob_format import ID_BYTES, BlobCipher
from medstation.vault.blob_reader import BlobReader
from medstation.vault.blob_writer import BlobWriter, Buffer, PendingBlob
from medstation.vault.faults import disk_faults
from medstation.vault.files import make_private_folder, sync_folder
from medstation.vault.workplace import Workplace, sweep

_ID = re.compile(r"[0-9a-f]{32}")
_FAN_OUT = re.compile(r"[0-9a-f]{2}")


class BlobStore:
    """Makes and opens blobs. Thread-safe; several processes may use one folder."""

    def __init__(self, folder: Path, key: bytes, check_room: Callable[[], None] = lambda: None) -> None:
        """`check_room` is asked before each new blob, and raises `StorageFull` when there must be none."""
        self._folder = folder
        self._key = key
        self._check_room = check_room
        self._workplace = Workplace(folder / "tmp")

    def writer(self, digest: bool = True) -> BlobWriter:
        """A new blob to write into. `digest=False` saves the time of a SHA-256 that nobody needs."""
        with disk_faults("looking for room for a blob"):
            self._check_room()
        blob_id = secrets.token_hex(ID_BYTES)
        return BlobWriter(self._workplace.path(blob_id), blob_id, BlobCipher(self._key, blob_id), digest)

    def put(self, data: Buffer) -> PendingBlob:
        """`data` as a blob, waiting to be kept."""
        with self.writer() as writer:
            writer.write(data)
            return writer.finish()

    def open(self, blob_id: str) -> BlobReader:
        return self.open_at(self._place(blob_id), blob_id)

    def open_at(self, path: Path, blob_id: str) -> BlobReader:
        """A blob whose file lies elsewhere."""
        return BlobReader(path, blob_id, BlobCipher(self._key, blob_id))

    def read(self, blob_id: str) -> bytes:
        """A blob's whole content."""
        with self.open(blob_id) as reader:
            return reader.read()

    def open_stored(self, blob_id: str) -> BinaryIO:
        """A blob's file as it lies on the disk, sealed: for backups."""
        return self._place(blob_id).open("rb")

    def discard(self, pending: PendingBlob) -> None:
        """Remove a blob that will not be kept."""
        with disk_faults("removing an unfinished blob"):
            pending.path.unlink(missing_ok=True)

    def put_in_place(self, pending: PendingBlob) -> None:
        """Give the file its lasting name. Only inside a write transaction: see `check.collect_orphans`."""
        with disk_faults("storing a blob"):
            self._settle(pending.id, pending.path)

    def place_to_work(self, blob_id: str) -> Path:
        """Where to write a copy of a blob that will be moved in; cleared away when this process ends."""
        return self._workplace.path(blob_id)

    def move_in(self, blob_id: str, path: Path) -> None:
        """Put a sound copy in the place of a damaged blob. Only inside a write transaction."""
        with disk_faults("mending a blob"):
            self._settle(blob_id, path)

    def take_back(self, pending: PendingBlob) -> None:
        """Undo `put_in_place`, however far it came: the transaction was rolled back."""
        with suppress(FileNotFoundError):
            self._place(pending.id).replace(pending.path)

    def remove(self, blob_id: str) -> None:
        """Delete the file. Who has it open reads on."""
        self._place(blob_id).unlink(missing_ok=True)

    def in_place(self) -> Iterator[str]:
        """Ids of all files that have their lasting name."""
        for first in self._fan_out(self._folder):
            for second in self._fan_out(first):
                yield from (entry.name for entry in os.scandir(second) if _ID.fullmatch(entry.name))

    def sweep(self) -> list[str]:
        """Remove unfinished files of processes that are gone; their names."""
        return sweep(self._folder / "tmp")

    def close(self) -> None:
        self._workplace.close()

    def _fan_out(self, folder: Path) -> list[Path]:
        with os.scandir(folder) as entries:
            return sorted(Path(entry.path) for entry in entries if _FAN_OUT.fullmatch(entry.name))

    def _place(self, blob_id: str) -> Path:
        if not _ID.fullmatch(blob_id):
            raise NotFound(f"{blob_id!r} is not a blob of this vault")
        return self._folder / blob_id[:2] / blob_id[2:4] / blob_id

    def _settle(self, blob_id: str, path: Path) -> None:
        place = self._make_place(blob_id)
        path.replace(place)
        sync_folder(place.parent)

    def _make_place(self, blob_id: str) -> Path:
        place = self._place(blob_id)
        for folder in (place.parent.parent, place.parent):
            if not folder.is_dir():
                make_private_folder(folder)
                sync_folder(folder.parent)
        return place
