"""Overlays under the option to clean graphics: drawings stay, planes with print go, what is said of them is cleaned.

An overlay (PS3.3 C.9.2) is a plane of single bits in a repeating group (60xx). A plane stays if it can be read and
nothing in it looks like print; half a word left behind would be worse than a lost outline, so it stays or goes whole.
"""

from __future__ import annotations

import numpy as np
from pydicom.dataset import Dataset

from medstation_imaging.deid.burnt_in import looks_like_print

DATA, LABEL, COMMENTS, DESCRIPTION = 0x3000, 0x1500, 0x4000, 0x0022
SAID = frozenset((LABEL, COMMENTS, DESCRIPTION))
"""What an overlay says in words."""
FORM = frozenset((0x0010, 0x0011, 0x0015, 0x0040, 0x0045, 0x0050, 0x0051, 0x0100, 0x0102, DATA))
"""Its size, place, kind and bits; of the rest, all retired or numbers on a region, nothing is needed."""
_MOST_FRAMES = 16
_BIG_ENDIAN = "1.2.840.10008.1.2.2"


def groups_of(dataset: Dataset) -> list[int]:
    """The groups 6000 to 60FF that the data set itself holds."""
    return sorted({int(tag) >> 16 for tag in dataset.keys() if int(tag) >> 24 == 0x60})  # noqa: SIM118


def settle_overlays(dataset: Dataset, syntax: str, keep: bool) -> tuple[int, int]:
    """In place: without `keep` all overlays go, with it those that hold print. Returns how many stay, and go."""
    groups = groups_of(dataset)
    gone = [group for group in groups if not (keep and _is_drawing(dataset, group, syntax))]
    for group in gone:
        for tag in [int(tag) for tag in dataset.keys() if int(tag) >> 16 == group]:  # noqa: SIM118
            del dataset[tag]
    return len(groups) - len(gone), len(gone)


def _is_drawing(dataset: Dataset, group: int, syntax: str) -> bool:
    if group & 1 or syntax == _BIG_ENDIAN:
        return False
    planes = _planes(dataset, group)
    if not len(planes) or any(looks_like_print([plane]) for plane in planes):
        return False
    packed = np.packbits(planes.ravel() > 0, bitorder="little").tobytes()
    dataset[group << 16 | DATA].value = packed + b"\0" * (len(packed) % 2)  # nothing may hide behind the planes
    return True


def _planes(dataset: Dataset, group: int) -> np.ndarray:
    """Its frames (frames, rows, columns) float32, 0 or 255; none if they cannot be read."""
    rows, columns, frames, bits = (_number(dataset, group, number) for number in (0x0010, 0x0011, 0x0015, 0x0100))
    element = dataset.get(group << 16 | DATA)
    data = element.value if element is not None else b""
    count, size = max(1, frames), rows * columns
    readable = isinstance(data, bytes) and size > 0 and bits in (0, 1) and len(data) * 8 >= size * count
    if not readable or count > _MOST_FRAMES:
        return np.empty((0, 0, 0), np.float32)
    drawn = np.unpackbits(np.frombuffer(data, np.uint8), count=size * count, bitorder="little")
    return drawn.reshape(count, rows, columns).astype(np.float32) * 255


def _number(dataset: Dataset, group: int, number: int) -> int:
    element = dataset.get(group << 16 | number)
    return int(element.value) if element is not None and isinstance(element.value, int) else 0
