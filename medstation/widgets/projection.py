"""Maximum intensity projection: the brightest voxel along each line of sight, from the front. No Qt here."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from medstation.widgets.anatomy import Plane, Voxel, planes_of
from medstation.widgets.colourmap import Grey, Shader, natural_window

STEP = 16
"""Slices that are reduced at once: small enough to let other threads in between."""


class Projection:
    """The projection of a volume along the normal of its coronal plane. Takes a second: make it on another thread."""

    def __init__(self, array: NDArray[np.generic], coronal: Plane) -> None:
        self.plane = replace(coronal, name="projection", depth=1)
        self._array = array
        self.brightest = brightest(array, coronal.normal)
        self._window = natural_window(self.brightest, 30, 99.8)
        self._shader = Shader()

    def picture(self, inverted: bool) -> Grey:
        """uint8 (rows, columns) as it stands on screen."""
        grey = self._shader.shade(self.brightest, self._window, inverted)
        return np.ascontiguousarray(self.plane.arrange(grey), dtype=np.uint8)

    def voxel(self, row: float, column: float) -> Voxel:
        """The voxel that is seen at a point of the projection."""
        found = list(self.plane.voxel(row, column, 0))
        line = [slice(value, value + 1) for value in found]
        line[self.plane.normal] = slice(None)
        found[self.plane.normal] = int(np.argmax(self._array[tuple(line)]))
        return found[0], found[1], found[2]


def project(array: NDArray[np.generic], affine: NDArray[np.float64] | None) -> Projection | None:
    """The projection of a volume; None for single images, for colour, and where the place in the person is unknown."""
    coronal = [plane for plane in planes_of(array.shape[:3], affine) if plane.name == "coronal"]
    return Projection(array, coronal[0]) if coronal and array.ndim == 3 and min(array.shape) > 1 else None


def brightest(array: NDArray[np.generic], axis: int) -> NDArray[np.generic]:
    """`array.max(axis)`, in steps over z."""
    if axis == 0:
        found: NDArray[np.generic] = array[0].copy()
        for z in range(1, array.shape[0]):
            np.maximum(found, array[z], out=found)
        return found
    parts: list[NDArray[np.generic]] = [
        np.maximum.reduce(array[z : z + STEP], axis=axis) for z in range(0, array.shape[0], STEP)
    ]
    joined: NDArray[np.generic] = np.concatenate(parts)
    return joined
