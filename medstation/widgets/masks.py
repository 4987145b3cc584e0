"""A mask drawn over a volume: colours, names, and quick sections that touch only where the mask is. No Qt here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medstation.widgets.anatomy import Plane

Box = tuple[slice, slice, slice]


@dataclass(frozen=True)
class Patch:
    """The part of a mask that lies in one slice, as it stands on screen: its first row and column, and its values."""

    row: int
    column: int
    values: NDArray[np.uint8]
    present: tuple[int, ...]


class MaskLayer:
    """`mask` is uint8 (z, y, x), 0 is nothing, n is `names[n - 1]` in `colours[n - 1]` (both cyclic).

    `note` is said of the whole layer in legends (who or what made it). Making one of a whole CT takes some 50 ms: do it
    on another thread.
    """

    def __init__(
        self, mask: NDArray[np.uint8], names: Sequence[str], colours: Sequence[str], title: str = "", note: str = ""
    ) -> None:
        self.shape = mask.shape
        self.names, self.colours = tuple(names), tuple(colours)
        self.title, self.note = title, note
        self.box = bounding_box(mask)
        self._inside = np.ascontiguousarray(mask[self.box])

    def patch(self, plane: Plane, index: int) -> Patch | None:
        """What of the mask is in slice `index` of `plane`; None where there is nothing."""
        place = self.box[plane.normal]
        if not place.start <= index < place.stop:
            return None
        section = np.take(self._inside, index - place.start, axis=plane.normal)
        counts = np.bincount(section.reshape(-1), minlength=256)
        present = tuple(int(value) for value in np.flatnonzero(counts[1:]) + 1)
        if not present:
            return None
        row = first(self.box[plane.rows], plane.shape[0], plane.flip_rows)
        column = first(self.box[plane.columns], plane.shape[1], plane.flip_columns)
        values = np.ascontiguousarray(plane.arrange(section), dtype=np.uint8)
        return Patch(row, column, values, present)

    def name(self, value: int) -> str:
        return self.names[value - 1] if value <= len(self.names) else str(value)

    def colour(self, value: int) -> str:
        return self.colours[(value - 1) % len(self.colours)]


def bounding_box(mask: NDArray[np.uint8]) -> Box:
    """The smallest box that holds everything that is not zero; empty slices for an empty mask."""
    rows = mask.max(axis=2, initial=0)
    z, y = span(rows.max(axis=1, initial=0)), span(rows.max(axis=0, initial=0))
    return z, y, span(mask[z, y].max(axis=(0, 1), initial=0))


def span(values: NDArray[np.uint8]) -> slice:
    """From the first to the last value that is not zero."""
    where = np.flatnonzero(values)
    return slice(int(where[0]), int(where[-1]) + 1) if where.size else slice(0, 0)


def first(place: slice, size: int, flipped: bool) -> int:
    """The first screen row or column of a span of the array."""
    return size - int(place.stop) if flipped else int(place.start)
