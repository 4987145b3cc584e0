"""The file of a backup.

"MEDBACK1", then the parts end to end: blob files just as they lie in the vault, which are ciphertext, and a copy of the
encrypted database. Then the index, encrypted with a key of the vault's: where each part begins, its length and SHA-256.
Then the foot, which is plain: which backup this is, the vault's header, so that a passphrase opens the backup anywhere,
and where the index lies; the index's seal vouches for the foot too. Last, the foot's length and "MEDBACK1" again.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from medstation.api import Json, Refused
from medstation.vault.faults import disk_faults
from medstation.vault.header import Header

MAGIC = b"MEDBACK1"
VERSION = 1
_NONCE_BYTES = 12
_TAG_BYTES = 16
_TAIL = 8 + len(MAGIC)
_LONGEST_FOOT = 1 << 20
_PIECE = 1 << 20


@dataclass(frozen=True)
class Part:
    """Bytes in a backup file: of the backup with the id `backup`."""

    backup: str
    start: int
    length: int
    sha256: str


@dataclass
class Index:
    """What a backup holds. `files` are the names of the older backups that hold some of its blobs, by their id."""

    database: Part
    blobs: dict[str, Part] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> Json:
        blobs = {blob: list(vars(part).values()) for blob, part in self.blobs.items()}
        return {"database": list(vars(self.database).values()), "blobs": blobs, "files": self.files}

    @classmethod
    def from_json(cls, data: Json) -> Index:
        blobs = {blob: Part(*values) for blob, values in data["blobs"].items()}
        return cls(Part(*data["database"]), blobs, data["files"])


class BackupWriter:
    """Writes parts into an open, empty file."""

    def __init__(self, file: BinaryIO) -> None:
        self.id = secrets.token_hex(8)
        self._file = file
        self._file.write(MAGIC)

    def add(self, source: BinaryIO) -> Part:
        """Copy a part; `Refused` when it cannot be read to its end."""
        start, digest = self._file.tell(), hashlib.sha256()
        while piece := _read_some(source):
            digest.update(piece)
            self._file.write(piece)
        return Part(self.id, start, self._file.tell() - start, digest.hexdigest())

    def finish(self, index: Index, head: Header, created: str, key: bytes) -> int:
        """Write index and foot, and sync; the file's length."""
        plain = zlib.compress(json.dumps(index.to_json()).encode())
        place = [self._file.tell(), _NONCE_BYTES + len(plain) + _TAG_BYTES]
        foot = json.dumps(
            {"version": VERSION, "id": self.id, "created": created, "header": head.to_json(), "index": place}
        ).encode()
        nonce = secrets.token_bytes(_NONCE_BYTES)
        self._file.write(nonce + AESGCM(key).encrypt(nonce, plain, foot))
        self._file.write(foot + len(foot).to_bytes(8, "big") + MAGIC)
        self._file.flush()
        os.fsync(self._file.fileno())
        return self._file.tell()


def _read_some(source: BinaryIO) -> bytes:
    try:
        return source.read(_PIECE)
    except OSError as error:
        raise Refused(
            f"{Path(source.name).name} cannot be read: {error.strerror}", "Check the vault's disk."
        ) from error


class BackupFile:
    """A backup, open for reading; `Refused` when it is none or was altered."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with disk_faults(f"reading {path}"):
            self._file = path.open("rb")
        try:
            self._foot = self._read_foot()
            data = json.loads(self._foot)
            if data["version"] > VERSION:
                raise Refused(f"{path} was written by a newer MedStation", "Update MedStation to restore it.")
            self.id, self.created = str(data["id"]), str(data["created"])
            self.header = Header.from_bytes(json.dumps(data["header"]).encode(), path)
            self._index_start, self._index_length = (int(number) for number in data["index"])
        except (ValueError, KeyError, TypeError) as error:
            self._file.close()
            raise self._damaged("it is no whole backup of a vault") from error
        except BaseException:
            self._file.close()
            raise

    def _read_foot(self) -> bytes:
        size = self._file.seek(0, os.SEEK_END)
        tail = self._read(max(0, size - _TAIL), _TAIL)
        length = int.from_bytes(tail[:8], "big")
        if self._read(0, len(MAGIC)) != MAGIC or tail[8:] != MAGIC or not 0 < length <= min(size, _LONGEST_FOOT):
            raise ValueError("no backup")
        return self._read(size - _TAIL - length, length)

    def index(self, key: bytes) -> Index:
        """What is in it; `key` is the vault's key for backups."""
        try:
            sealed = self._read(self._index_start, self._index_length)
            plain = AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], self._foot)
        except (InvalidTag, ValueError, OverflowError) as error:
            raise self._damaged("its list of contents was altered") from error
        return Index.from_json(json.loads(zlib.decompress(plain)))

    def pieces(self, part: Part) -> Iterator[bytes]:
        """A part's bytes, fewer when the file was cut short. The caller compares the digest."""
        with disk_faults(f"reading {self.path}"):
            self._file.seek(part.start)
        left = part.length
        while left:
            with disk_faults(f"reading {self.path}"):
                piece = self._file.read(min(_PIECE, left))
            if not piece:
                return
            left -= len(piece)
            yield piece

    def _read(self, start: int, length: int) -> bytes:
        with disk_faults(f"reading {self.path}"):
            self._file.seek(start)
            return self._file.read(length)

    def _damaged(self, how: str) -> Refused:
        return Refused(f"{self.path} cannot be used: {how}", "Use another backup.")

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> BackupFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
