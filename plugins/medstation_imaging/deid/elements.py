"""Going through a data set, element by element, whatever state they are in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

TEXT_KINDS = frozenset(
    ("AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UI", "UR", "UT")
)
BYTE_KINDS = frozenset(("OB", "OD", "OF", "OL", "OV", "OW", "UN"))
DEEPEST = 24
PIXELS = 0x7FE00010


class TooDeep(Exception):
    """Sequences inside of sequences without end."""


@dataclass(frozen=True)
class Place:
    """An element in its data set: `path` names the sequences it lies in, for messages."""

    holder: Dataset
    tag: int
    path: tuple[str, ...]

    @property
    def depth(self) -> int:
        return len(self.path)

    def element(self) -> DataElement | None:
        """The element, or None where its bytes are no value of its kind."""
        try:
            return self.holder[self.tag]
        except Exception:  # a stranger's bytes: pydicom raises many kinds, and what cannot be read cannot stay
            return None

    def creator(self) -> str:
        """Who owns the private block the element lies in, or ""."""
        if not (self.tag >> 16) % 2:
            return ""
        owner = self.holder.get((self.tag >> 16) << 16 | (self.tag >> 8 & 0xFF))
        return str(owner.value).strip() if owner is not None and owner.value else ""

    @property
    def name(self) -> str:
        return " > ".join((*self.path, named(self.tag)))


def named(tag: int) -> str:
    """(0010,0010) PatientName"""
    from pydicom.datadict import keyword_for_tag

    return f"({tag >> 16:04X},{tag & 0xFFFF:04X}) {keyword_for_tag(tag)}".rstrip()


def places(dataset: Dataset, path: tuple[str, ...] = ()) -> Iterator[Place]:
    """The data set's own elements, in order; the data set may be changed meanwhile."""
    if len(path) > DEEPEST:
        raise TooDeep(f"sequences lie more than {DEEPEST} deep in each other")
    for tag in sorted(int(tag) for tag in dataset.keys()):  # noqa: SIM118 - iterating would decode them
        yield Place(dataset, tag, path)


def everywhere(dataset: Dataset, path: tuple[str, ...] = ()) -> Iterator[tuple[Place, DataElement]]:
    """Every readable element, those inside of sequences too."""
    for place in places(dataset, path):
        element = place.element()
        if element is None:
            continue
        yield place, element
        if element.VR == "SQ":
            for item in element.value or ():
                yield from everywhere(item, (*path, named(place.tag)))


def values_of(element: DataElement) -> list[Any]:
    """All values, none for an empty element."""
    if element.value is None or element.value == "":
        return []
    return list(element.value) if element.VM > 1 else [element.value]


def texts_of(element: DataElement) -> list[str]:
    """The values of a text element as text."""
    return [str(value) for value in values_of(element)] if element.VR in TEXT_KINDS else []
