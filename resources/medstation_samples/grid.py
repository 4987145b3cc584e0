"""Where the voxels of a phantom lie, and soft edges between its parts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import ceil, floor
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Grid:
    """Axial voxels in patient coordinates (LPS, mm): x to the left, y to the back, z to the head.

    `shape` is (z, y, x), `spacing` mm in the same order, `bottom` the z of the lowest slice; x = y = 0 is the middle.
    """

    shape: tuple[int, int, int]
    spacing: tuple[float, float, float]
    bottom: float

    @property
    def origin(self) -> tuple[float, float, float]:
        """The centre of voxel (0, 0, 0), in mm as (z, y, x)."""
        _, rows, columns = self.shape
        return self.bottom, -(rows - 1) / 2 * self.spacing[1], -(columns - 1) / 2 * self.spacing[2]

    @property
    def edge(self) -> float:
        """How wide (mm) the edge between two tissues is drawn: what one voxel can tell."""
        return max(self.spacing[1], 0.9)

    @cached_property
    def axes(self) -> tuple[Array, Array, Array]:
        """Voxel centres in mm along z, y and x, float32."""
        parts = zip(self.origin, self.shape, self.spacing, strict=True)
        z, y, x = ((start + np.arange(number) * step).astype(np.float32) for start, number, step in parts)
        return z, y, x

    def plane(self) -> tuple[Array, Array]:
        """y as (rows, 1) and x as (1, columns), in mm."""
        return self.axes[1][:, None], self.axes[2][None, :]

    def index(self, point: Array) -> Array:
        """The (fractional) voxel index (z, y, x) of points in mm (..., 3 as z, y, x)."""
        index: Array = (np.asarray(point) - np.array(self.origin)) / np.array(self.spacing)
        return index

    def look_up(self, volume: Array, point: Array) -> float:
        """The value of the voxel a point in mm (z, y, x) lies in, 0 outside the grid."""
        z, y, x = (round(float(value)) for value in self.index(point))
        inside = 0 <= z < self.shape[0] and 0 <= y < self.shape[1] and 0 <= x < self.shape[2]
        return float(volume[z, y, x]) if inside else 0.0

    def box(self, low: Array, high: Array) -> tuple[slice, slice, slice]:
        """The voxels between two corners in mm (z, y, x), cut to the grid."""
        cuts = []
        for first, last, number in zip(self.index(low).tolist(), self.index(high).tolist(), self.shape, strict=True):
            start = min(max(floor(first), 0), number)
            cuts.append(slice(start, max(start, min(ceil(last) + 1, number))))
        return cuts[0], cuts[1], cuts[2]

    def points(self, box: tuple[slice, slice, slice]) -> tuple[Array, Array, Array]:
        """z, y, x in mm of the voxels of a box, ready to broadcast."""
        z, y, x = (axis[part] for axis, part in zip(self.axes, box, strict=True))
        return z[:, None, None], y[None, :, None], x[None, None, :]


def soft(distance: Array, edge: float) -> Array:
    """How much of a voxel lies inside: 1 well below distance 0 (mm, negative inside), 0 well above."""
    return np.clip(0.5 - distance / edge, 0, 1)


def paint(image: Array, part: Array, value: float | Array) -> None:
    """Mix `value` into `image` in place, as far as `part` (0..1) covers it."""
    image += part * (value - image)


def ellipse(y: Array, x: Array, centre: tuple[float, float], radii: tuple[float, float]) -> Array:
    """The distance in mm (about; negative inside) to an ellipse; `centre` and `radii` are (y, x)."""
    reach = np.sqrt(((y - centre[0]) / radii[0]) ** 2 + ((x - centre[1]) / radii[1]) ** 2)
    return (reach - 1) * min(radii)
