"""How a volume lies in a person: the planes of an array (z, y, x) and the letters at their edges. No Qt here.

Patient coordinates are DICOM's LPS in mm: x grows to the patient's left, y to the back (posterior), z to the head.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

Voxel = tuple[int, int, int]
"""An index (z, y, x) of the array."""

LETTERS = (("L", "R"), ("P", "A"), ("S", "I"))
SIDEWAYS = 0.2
"""A direction cosine below this (11.5 degrees) adds no letter: "A" stays "A" for a slightly turned head."""

# For each plane: the patient axes that its normal, rows (downwards) and columns (to the right) follow, with the sign
# they have on screen. The radiologists' convention: the person faces the reader; in sagittal planes the face is left.
CONVENTION = {
    "axial": (2, (1, 1.0), (0, 1.0)),
    "coronal": (1, (2, -1.0), (0, 1.0)),
    "sagittal": (0, (2, -1.0), (1, 1.0)),
}


@dataclass(frozen=True)
class Plane:
    """One of the three ways to cut the array. `normal`, `rows` and `columns` are array axes (0 z, 1 y, 2 x).

    `flip_*` tell that the screen's order is opposite to the array's; `pixel_mm` is (height, width) of one pixel;
    `letters` are those at the left, right, top and bottom edge ("" where the array's place in the person is unknown).
    """

    name: str
    normal: int
    rows: int
    columns: int
    flip_rows: bool
    flip_columns: bool
    shape: tuple[int, int]
    depth: int
    pixel_mm: tuple[float, float]
    step_mm: float
    letters: tuple[str, str, str, str] = ("", "", "", "")
    oblique: bool = False

    def arrange(self, section: NDArray[np.generic]) -> NDArray[np.generic]:
        """A section in array order -> rows and columns as they stand on screen (a view, nothing copied)."""
        if self.rows > self.columns:
            section = section.swapaxes(0, 1)
        if self.flip_rows:
            section = section[::-1]
        return section[:, ::-1] if self.flip_columns else section

    def spot(self, voxel: Voxel) -> tuple[float, float]:
        """Where the voxel's centre is on the plane: (row, column) in pixels, 0.5 being the first pixel's centre."""
        row = self.shape[0] - 1 - voxel[self.rows] if self.flip_rows else voxel[self.rows]
        column = self.shape[1] - 1 - voxel[self.columns] if self.flip_columns else voxel[self.columns]
        return row + 0.5, column + 0.5

    def voxel(self, row: float, column: float, index: int) -> Voxel:
        """The voxel under a point of slice `index`; points outside give the nearest voxel of the slice."""
        r = min(max(int(row // 1), 0), self.shape[0] - 1)
        c = min(max(int(column // 1), 0), self.shape[1] - 1)
        found = [0, 0, 0]
        found[self.normal] = index
        found[self.rows] = self.shape[0] - 1 - r if self.flip_rows else r
        found[self.columns] = self.shape[1] - 1 - c if self.flip_columns else c
        return found[0], found[1], found[2]

    def holds(self, row: float, column: float) -> bool:
        return 0 <= row < self.shape[0] and 0 <= column < self.shape[1]


def letters_of(direction: Sequence[float]) -> str:
    """Letters of a direction in LPS, the strongest first: (1, 0, 0) is "L", (-1, -0.9, 0) is "RA"."""
    length = float(np.linalg.norm(direction))
    if not np.isfinite(length) or length == 0:
        return ""
    parts = [(abs(value) / length, LETTERS[axis][int(value < 0)]) for axis, value in enumerate(direction)]
    strong = sorted((part for part in parts if part[0] > SIDEWAYS), key=lambda part: -part[0])
    return "".join(letter for _, letter in strong)


def planes_of(
    shape: Sequence[int], affine: NDArray[np.float64] | None = None, spacing: Sequence[float] | None = None
) -> tuple[Plane, ...]:
    """The planes of an array (z, y, x), the one it was acquired in first.

    `affine` (4 x 4) maps (x, y, z, 1) indices to LPS mm. Without it, or for a single image, there is one plane.
    `spacing` (z, y, x) in mm is used only where there is no affine.
    """
    size = (int(shape[0]), int(shape[1]), int(shape[2]))
    directions = None if affine is None else directions_of(affine)
    if directions is None:
        return (plain_plane(size, spacing),)
    unit, steps = directions
    patient_axis = nearest_axes(unit)
    planes = [patient_plane(name, size, unit, steps, patient_axis) for name in CONVENTION]
    planes.sort(key=lambda plane: plane.normal)
    return tuple(planes) if min(size) > 1 else (planes[0],)


def directions_of(affine: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Unit directions (array axis, LPS) and steps in mm of the array's axes z, y, x; None for a degenerate affine."""
    columns = np.asarray(affine, dtype=np.float64)[:3, :3].T[::-1]
    steps = np.linalg.norm(columns, axis=1)
    if not np.isfinite(columns).all() or not (steps > 0).all():
        return None
    unit = columns / steps[:, None]
    return (unit, steps) if abs(np.linalg.det(unit)) > 1e-6 else None


def nearest_axes(unit: NDArray[np.float64]) -> tuple[int, int, int]:
    """For each array axis the patient axis it lies nearest to, each used once."""
    z, y, x = max(permutations(range(3)), key=lambda order: sum(abs(unit[a, p]) for a, p in enumerate(order)))
    return z, y, x


def patient_plane(
    name: str, size: Voxel, unit: NDArray[np.float64], steps: NDArray[np.float64], patient_axis: tuple[int, int, int]
) -> Plane:
    """A plane as the convention wants it seen, whatever the array's own directions are."""
    normal_axis, (row_axis, row_sign), (column_axis, column_sign) = CONVENTION[name]
    normal, rows, columns = (patient_axis.index(axis) for axis in (normal_axis, row_axis, column_axis))
    flip_rows = bool(unit[rows, row_axis] * row_sign < 0)
    flip_columns = bool(unit[columns, column_axis] * column_sign < 0)
    down = unit[rows] * (-1.0 if flip_rows else 1.0)
    right = unit[columns] * (-1.0 if flip_columns else 1.0)
    return Plane(
        name=name,
        normal=normal,
        rows=rows,
        columns=columns,
        flip_rows=flip_rows,
        flip_columns=flip_columns,
        shape=(size[rows], size[columns]),
        depth=size[normal],
        pixel_mm=(float(steps[rows]), float(steps[columns])),
        step_mm=float(steps[normal]),
        letters=(letters_of(-right), letters_of(right), letters_of(-down), letters_of(down)),
        oblique=bool(abs(unit[normal, normal_axis]) < 1 - SIDEWAYS**2 / 2),
    )


def plain_plane(size: Voxel, spacing: Sequence[float] | None) -> Plane:
    """The only plane of images whose place in the person is unknown: as stored, no letters."""
    step, height, width = (float(value) if value and value > 0 else 1.0 for value in (spacing or (1.0, 1.0, 1.0)))
    return Plane("image", 0, 1, 2, False, False, (size[1], size[2]), size[0], (height, width), step)
