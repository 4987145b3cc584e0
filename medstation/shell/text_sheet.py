"""Pictures that may hold burnt-in text, and the boxes a person corrects and confirms. Plain values, no widget."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from medstation.api import Json

Corners = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels of the picture; right and bottom are not included."""
LEAST = 3
"""Pixels on a side: less is a slip of the hand."""


@dataclass
class Page:
    """A grey picture (rows, columns) uint8 with its boxes, as `medstation.api.LookForText` gives it."""

    source: str
    why: str
    picture: np.ndarray
    boxes: list[Corners]
    looked: bool = False


class TextSheet:
    """The pages (none where no picture may hold text), and which is shown. A page that is shown has been looked at."""

    def __init__(self, entries: Sequence[Json], pictures: Mapping[str, np.ndarray]) -> None:
        self.pages = [
            Page(one["source"], one["why"], pictures[one["preview"]], [_corners(box) for box in one["boxes"]])
            for one in entries
        ]
        self.index = 0
        if self.pages:
            self.go(0)

    @property
    def page(self) -> Page:
        return self.pages[self.index]

    @property
    def all_looked_at(self) -> bool:
        return all(page.looked for page in self.pages)

    def go(self, index: int) -> None:
        """Show another page; beyond the ends the last one stays."""
        self.index = min(max(index, 0), len(self.pages) - 1)
        self.page.looked = True

    def add(self, first: tuple[float, float], second: tuple[float, float]) -> None:
        """A box between two corners (x, y), cut to the picture."""
        rows, columns = self.page.picture.shape
        (left, right), (top, bottom) = (sorted(pair) for pair in zip(first, second, strict=True))
        box = (max(0, int(left)), max(0, int(top)), min(columns, int(right) + 1), min(rows, int(bottom) + 1))
        if box[2] - box[0] >= LEAST and box[3] - box[1] >= LEAST:
            self.page.boxes.append(box)

    def remove_at(self, x: float, y: float) -> None:
        """The smallest box around a place."""
        around = [box for box in self.page.boxes if box[0] <= x < box[2] and box[1] <= y < box[3]]
        if around:
            self.page.boxes.remove(min(around, key=lambda box: (box[2] - box[0]) * (box[3] - box[1])))

    def remove_last(self) -> None:
        if self.page.boxes:
            self.page.boxes.pop()

    def confirmed(self, by: str) -> str:
        """The sheet as `Deidentify` takes it, confirmed by a person."""
        files = [{"source": page.source, "boxes": [list(box) for box in page.boxes]} for page in self.pages]
        return json.dumps({"confirmed": True, "by": by, "files": files})


def _corners(box: Sequence[int]) -> Corners:
    left, top, right, bottom = box
    return left, top, right, bottom
