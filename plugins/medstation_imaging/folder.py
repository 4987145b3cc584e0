"""Plain files as a `FileSource`, and a folder of DICOM files as one array: for benchmarks, tests and scripts."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from medstation.api import BadInput, FileSource, Found, Json, Record, RecordDraft
from medstation_imaging.importer import ImagingImporter
from medstation_imaging.volume import load


class PlainFiles(FileSource):
    """A record's files where they lie on disk."""

    def __init__(self, found: Sequence[Found]) -> None:
        self.found = found

    def __len__(self) -> int:
        return len(self.found)

    def name(self, index: int) -> str:
        return self.found[index].path.name

    def facts(self, index: int) -> Json:
        return self.found[index].facts

    def size(self, index: int) -> int:
        return self.found[index].path.stat().st_size

    def read(self, index: int, offset: int = 0, length: int = -1) -> bytes:
        with self.found[index].path.open("rb", buffering=0) as file:
            file.seek(offset)
            return file.read(length)

    def readinto(self, index: int, offset: int, buffer: memoryview) -> None:
        descriptor = os.open(self.found[index].path, os.O_RDONLY)
        try:
            done = 0
            while done < len(buffer):
                count = os.preadv(descriptor, [buffer[done:]], offset + done)
                if not count:
                    raise BadInput(f"{self.name(index)} ends early", "It is cut off; copy or export it again.")
                done += count
        finally:
            os.close(descriptor)


def as_record(draft: RecordDraft, found: Sequence[Found]) -> tuple[Record, PlainFiles]:
    """A draft as a record that was opened without importing, with its files."""
    own = [found[index] for index in draft.files]
    words = draft.title, draft.subtitle, draft.when
    record = Record("", "imaging.series", draft.kind, own[0].person, *words, draft.meta, draft.notes)
    return record, PlainFiles(own)


def load_folder(folder: str | Path) -> np.ndarray:
    """The volume of a folder that holds one series: (z, y, x) in the modality's units, z along the slice normal."""
    importer = ImagingImporter({})
    paths = sorted(path for path in Path(folder).rglob("*") if path.is_file())
    found = [answer for answer in importer.scan(paths) if isinstance(answer, Found)]
    drafts = [draft for draft in importer.assemble(found) if isinstance(draft, RecordDraft)]
    volumes = [draft for draft in drafts if draft.kind == "volume"]
    if not volumes:
        raise BadInput(f"{folder} holds no volume", "Give a folder with the slices of one series.")
    record, files = as_record(max(volumes, key=lambda draft: len(draft.files)), found)
    return load(record, files, lambda done, text: None).array
