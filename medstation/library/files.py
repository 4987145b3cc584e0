"""A record's original files as readers see them: ranges of encrypted pack blobs."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from pathlib import PurePath

from medstation.api import BadInput, Json, Refused
from medstation.vault import BlobReader, BlobStore, Row


class StoredFiles:
    """A `FileSource` over the vault. Random access; several threads may use it."""

    def __init__(self, blobs: BlobStore, record_id: str, rows: Sequence[Row]) -> None:
        """`rows` have source, facts, blob, start, length."""
        self._blobs = blobs
        self._record = record_id
        self._rows = rows
        self._open: dict[str, BlobReader] = {}
        self._guard = threading.Lock()

    def __len__(self) -> int:
        return len(self._rows)

    def name(self, index: int) -> str:
        return PurePath(self._rows[index]["source"]).name

    def facts(self, index: int) -> Json:
        facts: Json = json.loads(self._rows[index]["facts"])
        return facts

    def size(self, index: int) -> int:
        return int(self._rows[index]["length"])

    def read(self, index: int, offset: int = 0, length: int = -1) -> bytes:
        if offset < 0:
            raise ValueError("offset is negative")
        rest = max(0, self.size(index) - offset)
        wanted = rest if length < 0 else min(length, rest)
        try:
            return self._reader(index).read(self._rows[index]["start"] + offset, wanted)
        except Refused as error:
            raise self._damaged(index, error) from error

    def readinto(self, index: int, offset: int, buffer: memoryview) -> None:
        if offset < 0 or offset + buffer.nbytes > self.size(index):
            raise BadInput(
                f"{self.name(index)} ends after {self.size(index)} bytes; {buffer.nbytes} from {offset} were asked for",
                "The file is incomplete: import it again from its source.",
            )
        try:
            self._reader(index).readinto(self._rows[index]["start"] + offset, buffer)
        except Refused as error:
            raise self._damaged(index, error) from error

    def close(self) -> None:
        """Optional: the files are also closed when this object goes."""
        with self._guard:
            for reader in self._open.values():
                reader.close()
            self._open.clear()

    def _reader(self, index: int) -> BlobReader:
        blob = self._rows[index]["blob"]
        with self._guard:
            if blob not in self._open:
                self._open[blob] = self._blobs.open(blob)
            return self._open[blob]

    def _damaged(self, index: int, error: Refused) -> Refused:
        return Refused(f"{self.name(index)} of record {self._record} cannot be read: {error.message}", error.hint)
