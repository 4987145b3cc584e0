"""Rectangles of pixels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from medstation.api import BadInput, Json


@dataclass(frozen=True)
class Box:
    """Columns `left` to `right` and rows `top` to `bottom`, ends not included."""

    left: int
    top: int
    right: int
    bottom: int

    def grown(self, margin: int, width: int, height: int) -> Box:
        """Larger by `margin` on each side, within a picture of `width` x `height`."""
        return Box(
            max(0, self.left - margin),
            max(0, self.top - margin),
            min(width, self.right + margin),
            min(height, self.bottom + margin),
        )

    def enlarged(self, times: int, width: int, height: int) -> Box:
        """The same place in a picture `times` as large, of `width` x `height`."""
        return Box(
            self.left * times, self.top * times, min(width, self.right * times), min(height, self.bottom * times)
        )

    def meets(self, other: Box) -> bool:
        across = self.left <= other.right and other.left <= self.right
        return across and self.top <= other.bottom and other.top <= self.bottom

    def around(self, other: Box) -> Box:
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    @property
    def area(self) -> int:
        return max(0, self.right - self.left) * max(0, self.bottom - self.top)

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows, columns."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def to_json(self) -> list[int]:
        return [self.left, self.top, self.right, self.bottom]


def box_from_json(data: object, where: str) -> Box:
    """`BadInput` for what is no [left, top, right, bottom]."""
    if not (isinstance(data, list) and len(data) == 4 and all(type(value) is int and value >= 0 for value in data)):
        raise BadInput(f"{where}: {data!r} is no box", "A box is [left, top, right, bottom] in whole pixels.")
    box = Box(*data)
    if not box.area:
        raise BadInput(f"{where}: the box {data!r} is empty", "Its right and bottom end beyond its left and top.")
    return box


def merged(boxes: Iterable[Box], waste: float = 1.15) -> list[Box]:
    """Boxes that meet become one, unless the one around them is much larger than both together."""
    left = sorted(boxes, key=lambda box: (box.top, box.left))
    done: list[Box] = []
    while left:
        box = left.pop(0)
        partner = next((other for other in left if _one(box, other, waste)), None)
        if partner is None:
            done.append(box)
        else:
            left.remove(partner)
            left.insert(0, box.around(partner))
    return done


def _one(box: Box, other: Box, waste: float) -> bool:
    if not box.meets(other):
        return False
    whole = box.around(other)
    return whole.area <= waste * (box.area + other.area)


def mask_of(boxes: Iterable[Box], shape: tuple[int, int]) -> np.ndarray:
    """True (rows, columns) inside of any box."""
    mask = np.zeros(shape, bool)
    for box in boxes:
        mask[box.slices] = True
    return mask


def boxes_to_json(boxes: Iterable[Box]) -> list[list[int]]:
    return [box.to_json() for box in boxes]


def facts_of(boxes: Iterable[Box], shape: tuple[int, int]) -> Json:
    """How much of a picture is covered."""
    listed = list(boxes)
    share = float(mask_of(listed, shape).mean()) if listed else 0.0
    return {"boxes": boxes_to_json(listed), "masked": round(share, 4)}
