"""Every picture of a batch that may hold text, with the boxes found: for a person to look at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from medstation.api import BadInput, Fetched, FileSource, Json, ReportProgress
from medstation_imaging.deid.boxes import Box
from medstation_imaging.deid.burnt_in import print_in
from medstation_imaging.deid.parsing import is_dicom, parsed
from medstation_imaging.deid.picture import Picture, picture_of
from medstation_imaging.deid.review import entry
from medstation_imaging.deid.risk import text_risk

MOST = 200
"""Pictures handed to the window at once: they are all held in memory."""


@dataclass(frozen=True)
class Seen:
    """A picture with the SHA-256 of its file, why it may hold text, and where it seems to."""

    digest: str
    picture: Picture
    reason: str
    boxes: list[Box]

    def entry(self, preview: str) -> Json:
        return entry(self.digest, preview, self.picture.shape, self.reason, self.boxes)


def seen_in(files: FileSource, report: ReportProgress, refused: list[Json]) -> Iterator[Seen]:
    """In the order of `files`; those that cannot be looked at go into `refused`."""
    for index in range(len(files)):
        report(index / len(files), f"file {index + 1} of {len(files)}")
        data = files.read(index)
        if not is_dicom(data):
            continue
        try:
            dataset, syntax = parsed(data)
            if reason := text_risk(dataset):
                picture = picture_of(dataset, syntax)
                yield Seen(sha256(data).hexdigest(), picture, reason, print_in(dataset, picture))
        except BadInput as error:
            refused.append(refusal(index, error))


def look(files: FileSource, report: ReportProgress) -> Fetched:
    """For the window: the pictures as arrays "00001", … (rows, columns) uint8, and their sheet as facts.

    `BadInput` for more than `MOST` of them.
    """
    arrays: dict[str, np.ndarray] = {}
    entries: list[Json] = []
    refused: list[Json] = []
    for one in seen_in(files, report, refused):
        if len(entries) == MOST:
            raise BadInput(f"more than {MOST} pictures may hold text", "Review them with medstation deidentify.")
        name = f"{len(entries) + 1:05}"
        arrays[name] = np.ascontiguousarray(list(one.picture.shown())[-1].astype(np.uint8))
        entries.append(one.entry(name))
    return Fetched(arrays, {"files": entries, "refusals": refused})


def refusal(index: int, error: BadInput) -> Json:
    """One line of a report on what was refused."""
    return {"number": index + 1, "reason": error.message.rstrip("."), "hint": error.hint}
