"""A record's slices in its order: which frame of which file each one is, and how its values are to be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from medstation.api import FileSource, Json, Record
from medstation_imaging.dicom_frames import frames_of


@dataclass(frozen=True)
class Slice:
    """Slice `place` of the record is frame `number` of file `index`; `facts` are that frame's."""

    place: int
    index: int
    number: int
    facts: Json

    @property
    def slope(self) -> float:
        return float(self.facts.get("slope", 1.0))

    @property
    def intercept(self) -> float:
        return float(self.facts.get("intercept", 0.0))


def slices_of(record: Record, files: FileSource) -> list[Slice]:
    """All slices of a DICOM record. `meta["order"]` names file and frame of each, where files hold several frames."""
    order: Sequence[Sequence[int]] = record.meta.get("order") or [(index, 0) for index in range(len(files))]
    frames: dict[int, list[Json]] = {}
    found = []
    for place, (index, number) in enumerate(order):
        if index not in frames:
            frames[index] = list(frames_of(files.facts(index)))
        found.append(Slice(place, index, number, frames[index][number]))
    return found


_SHOWN = ("instance", "position", "orientation", "spacing", "detector_spacing", "window", "laterality", "view",
          "content_time")  # fmt: skip


def shown_facts(slices: Sequence[Slice], files: FileSource, faults: dict[int, str]) -> list[Json]:
    """Per slice: its file and frame, what differs from slice to slice, and "fault" where it could not be read."""
    return [
        {"file": files.name(part.index), "frame": part.number}
        | {name: part.facts[name] for name in _SHOWN if name in part.facts}
        | ({"fault": faults[part.place]} if part.place in faults else {})
        for part in slices
    ]


def frames_per_second(facts: Json) -> float | None:
    """How fast a clip was recorded."""
    milliseconds = facts.get("frame_time", 0)
    return 1000 / milliseconds if milliseconds > 0 else None
