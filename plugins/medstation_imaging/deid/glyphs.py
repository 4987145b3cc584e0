"""Single glyphs: small, sharp-edged pieces of one brightness on a darker ground."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from scipy import ndimage

TALLEST, LOWEST = 64, 6
STROKE = 13
"""Anything wider than this many pixels in both directions is ground, not stroke."""
_ALL_AROUND = np.ones((3, 3), bool)


@dataclass(frozen=True)
class Glyphs:
    """One entry per glyph: its box (end exclusive), height, its `tone` (how bright its strokes are, 0 to
    255) and the mean width of its `stroke` in pixels."""

    left: np.ndarray
    top: np.ndarray
    right: np.ndarray
    bottom: np.ndarray
    tone: np.ndarray
    stroke: np.ndarray

    @property
    def height(self) -> np.ndarray:
        return np.asarray(self.bottom - self.top)

    def taken(self, which: np.ndarray) -> Glyphs:
        return Glyphs(*(getattr(self, field.name)[which] for field in fields(self)))


class Relief:
    """A picture (y, x; 0 to 255), how far each pixel stands out of its ground, and the darkest of its neighbours."""

    def __init__(self, picture: np.ndarray) -> None:
        self.picture = picture
        self.stands_out: np.ndarray = picture - ndimage.grey_opening(picture, size=(STROKE, STROKE))
        self.drop: np.ndarray = picture - ndimage.minimum_filter(picture, size=3)


def glyphs_of(relief: Relief, level: float) -> Glyphs:
    """Pieces of a picture that stand out of their ground by `level` and could be glyphs."""
    labels, count = ndimage.label(relief.stands_out > level, structure=_ALL_AROUND)
    if not count:
        return Glyphs(*(np.empty(0) for _ in range(6)))
    places = ndimage.find_objects(labels)
    rows = np.array([(place[0].start, place[0].stop) for place in places])
    columns = np.array([(place[1].start, place[1].stop) for place in places])
    height, width = rows[:, 1] - rows[:, 0], columns[:, 1] - columns[:, 0]
    area = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    fits = (height >= LOWEST) & (height <= TALLEST) & (width <= 14 * height) & (area >= 0.08 * height * width)
    fits &= (width >= 0.06 * height) & (area >= 5)
    stroke = _strokes(labels, count, area)
    tone, even, sharp = _looks(relief, labels, count)
    fits &= (even <= 22) & (sharp >= 0.45)
    kept = np.flatnonzero(fits)
    return Glyphs(columns[kept, 0], rows[kept, 0], columns[kept, 1], rows[kept, 1], tone[kept], stroke[kept])


def _strokes(labels: np.ndarray, count: int, area: np.ndarray) -> np.ndarray:
    """Mean width: the area over half of the outline's length."""
    inside = labels > 0
    outline = inside & ~ndimage.binary_erosion(inside, structure=_ALL_AROUND)
    length = np.bincount(labels[outline], minlength=count + 1)[1:]
    return np.asarray(2 * area / np.maximum(length, 1))


def _looks(relief: Relief, labels: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Per piece: its tone, how uneven its bright half is, and how much of its contrast falls at one step outwards."""
    inside = np.flatnonzero(labels)
    owner = labels.ravel()[inside]
    value = relief.picture.ravel()[inside]
    order = np.lexsort((value, owner))
    ends = np.searchsorted(owner[order], np.arange(1, count + 2))
    size = np.diff(ends)

    def quantile(part: float) -> np.ndarray:
        return np.asarray(value[order[np.minimum(ends[:-1] + (size * part).astype(int), ends[1:] - 1)]])

    tone, top = quantile(0.7), quantile(0.95)
    drop = np.bincount(owner, relief.drop.ravel()[inside], count + 1)[1:]
    contrast = np.bincount(owner, relief.stands_out.ravel()[inside], count + 1)[1:]
    return tone, top - tone, drop / np.maximum(contrast, 1)
