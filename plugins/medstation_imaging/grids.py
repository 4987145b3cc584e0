"""Whether two voxel grids are the same one in another order of axes, and how to look through one at the other.

A grid is a 4 x 4 affine, voxel (i, j, k) -> mm LPS, and a shape (i, j, k). A record keeps its arrays as (z, y, x),
which is (k, j, i).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from medstation.api import Json
from medstation_imaging import geometry

CLOSE_MM, CLOSE_PART = 0.01, 0.05
"""Corners of the same grid may lie this far apart: 0.01 mm, or a twentieth of the smallest voxel side where that is
more. Files round their numbers differently; a mask that was really moved is off by half a voxel or more."""


@dataclass(frozen=True)
class Grid:
    """`affine`: 4 x 4, voxel (i, j, k) -> mm LPS; `shape`: (i, j, k)."""

    affine: np.ndarray
    shape: tuple[int, int, int]

    @classmethod
    def of_record(cls, volume: Json) -> Grid:
        """The grid of a record's `meta["volume"]`."""
        z, y, x = (int(length) for length in volume["shape"])
        return cls(np.asarray(volume["affine"], float), (x, y, z))

    @classmethod
    def of_plane(cls, position: Sequence[float], orientation: Sequence[float], spacing: Sequence[float],
                 size: tuple[int, int]) -> Grid:  # fmt: skip
        """One DICOM frame: `position` mm, `spacing` (rows, columns) mm, `size` (rows, columns); `ValueError` if odd."""
        along, down, normal = geometry.axes(orientation)
        affine = np.eye(4)
        affine[:3, :3] = np.stack([along * spacing[1], down * spacing[0], normal], axis=1)
        affine[:3, 3] = position
        return cls(affine, (size[1], size[0], 1))

    def corners(self) -> np.ndarray:
        """The eight outermost voxels, (8, 3) as (i, j, k)."""
        ends: np.ndarray = np.array(list(np.ndindex(2, 2, 2))) * (np.array(self.shape) - 1)
        return ends

    def text(self) -> str:
        """For messages: `512 x 512 x 120 voxels of 0.7 x 0.7 x 2.5 mm, first voxel at (-180, -170.5, 30) mm`."""
        sides = np.linalg.norm(self.affine[:3, :3], axis=0)
        voxels, size = " x ".join(map(str, self.shape)), " x ".join(f"{side:.4g}" for side in sides)
        first = ", ".join(f"{value:.5g}" for value in self.affine[:3, 3])
        return f"{voxels} voxels of {size} mm, first voxel at ({first}) mm LPS"


@dataclass(frozen=True)
class Fit:
    """Where a grid of `shape` lies in another: its axis a runs along the other's axis `axes[a]` from voxel `start[a]`
    on, upwards or downwards (`signs[a]` is 1 or -1)."""

    axes: tuple[int, ...]
    signs: tuple[int, ...]
    start: tuple[int, ...]
    shape: tuple[int, int, int]

    def view(self, array: np.ndarray) -> np.ndarray:
        """The part of `array` (the other grid's, as (z, y, x)) that the grid covers, with the grid's axes (i, j, k)."""
        cuts = [slice(None)] * 3
        for axis, sign, start, length in zip(self.axes, self.signs, self.start, self.shape, strict=True):
            end = start + sign * length
            cuts[axis] = slice(start, end if end >= 0 else None, sign)
        return array.transpose(2, 1, 0)[tuple(cuts)].transpose(self.axes)

    def covers(self, grid: Grid) -> bool:
        """Whether the whole of the other grid is covered."""
        return tuple(grid.shape[axis] for axis in self.axes) == self.shape


def fit(part: Grid, whole: Grid) -> Fit | None:
    """How `part` lies on the voxels of `whole`, or None if it lies between or outside them."""
    steps = np.linalg.solve(whole.affine, part.affine)
    turn, start = _whole_turn(steps, part.shape), np.rint(steps[:3, 3]).astype(int)
    if turn is None:
        return None
    corners = part.corners()
    there = corners @ turn.T + start
    off = corners @ steps[:3, :3].T + steps[:3, 3] - there
    sides = np.linalg.norm(whole.affine[:3, :3], axis=0)
    tolerance = max(CLOSE_MM, CLOSE_PART * float(sides.min()))
    if float(np.linalg.norm(off @ whole.affine[:3, :3].T, axis=1).max()) > tolerance:
        return None
    if (there < 0).any() or (there >= whole.shape).any():
        return None
    axes = [int(axis) for axis in np.abs(turn).argmax(axis=0)]
    signs = [int(turn[axis, index]) for index, axis in enumerate(axes)]
    return Fit(tuple(axes), tuple(signs), tuple(int(start[axis]) for axis in axes), part.shape)


def _whole_turn(steps: np.ndarray, shape: Sequence[int]) -> np.ndarray | None:
    """The turn as a matrix of -1, 0 and 1; None if it is oblique. An axis of one voxel has no direction."""
    turn = np.rint(steps[:3, :3]).astype(int)
    single = [index for index, length in enumerate(shape) if length == 1]
    turn[:, single] = 0
    free = np.flatnonzero(~turn.any(axis=1))
    for row, index in zip(free, single, strict=False):
        turn[row, index] = 1
    one_each = (np.abs(turn).sum(axis=0) == 1).all() and (np.abs(turn).sum(axis=1) == 1).all()
    return turn if one_each else None
