"""Where slices lie: from ImagePositionPatient and ImageOrientationPatient only, in mm, patient coordinates LPS.

SliceThickness, SpacingBetweenSlices and the tilt tag are never used: they are often wrong where it matters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

TOLERANCE_MM = 0.01
TOLERANCE_PART = 0.005
"""A slice may be off its place in the grid by 0.01 mm, or by 0.5 % of the slice distance where that is more: positions
are written as rounded decimals."""
SAME_PLACE_MM = 0.001
LARGEST_SHEAR = 1e-3
"""Sideways drift per mm along the normal (0.06 degrees) that rounding of the orientation explains."""


@dataclass(frozen=True)
class Grid:
    """A regular grid. `affine`: 4 x 4, voxel (i=column, j=row, k=slice) -> mm LPS. `spacing`: mm, (z, y, x)."""

    affine: np.ndarray
    spacing: tuple[float, float, float]


@dataclass(frozen=True)
class Irregular:
    """Slices that make no regular grid, and why, for the reader."""

    reason: str


def axes(orientation: Sequence[float]) -> np.ndarray:
    """Unit vectors as rows of a 3 x 3 array: along a row (x of the image), down a column (y), and their normal.

    `ValueError` if the six cosines do not describe two directions at a right angle.
    """
    along, down = np.asarray(orientation[:3], float), np.asarray(orientation[3:], float)
    lengths = float(np.linalg.norm(along)), float(np.linalg.norm(down))
    if not (0.9 < lengths[0] < 1.1 and 0.9 < lengths[1] < 1.1):
        raise ValueError(f"orientation {list(orientation)} is not made of unit vectors")
    along, down = along / lengths[0], down / lengths[1]
    if abs(float(along @ down)) > 1e-2:
        raise ValueError(f"orientation {list(orientation)} is not at a right angle")
    normal = np.cross(along, down)
    return np.stack([along, down, normal / np.linalg.norm(normal)])


def distances(positions: np.ndarray, orientation: Sequence[float]) -> np.ndarray:
    """How far each of the (n, 3) positions lies along the normal, in mm."""
    along: np.ndarray = positions @ axes(orientation)[2]
    return along


def fit(positions: np.ndarray, orientation: Sequence[float], spacing: Sequence[float]) -> Grid | Irregular:
    """The grid through (n, 3) `positions`, sorted along the normal, n >= 2; `spacing`: PixelSpacing (rows, columns)."""
    along, down, normal = axes(orientation)
    count = len(positions)
    step = (positions[-1] - positions[0]) / (count - 1)
    height = float(step @ normal)
    expected = positions[0] + np.arange(count)[:, None] * step
    off = float(np.abs(positions - expected).max())
    drift = float(np.linalg.norm(step - height * normal))
    sheared = drift > max(LARGEST_SHEAR * height, TOLERANCE_MM / (count - 1))
    if sheared or off > tolerance(height):
        return Irregular(_why(positions, normal, step if sheared else None))
    affine = np.eye(4)
    affine[:3, 0] = along * spacing[1]
    affine[:3, 1] = down * spacing[0]
    affine[:3, 2] = step
    affine[:3, 3] = positions[0]
    return Grid(affine, (float(np.linalg.norm(step)), float(spacing[0]), float(spacing[1])))


def tolerance(gap: float) -> float:
    return max(TOLERANCE_MM, TOLERANCE_PART * gap)


def _why(positions: np.ndarray, normal: np.ndarray, shear: np.ndarray | None) -> str:
    heights = positions @ normal
    reasons = []
    if shear is not None:
        angle = np.degrees(np.arccos(min(1.0, float(shear @ normal) / float(np.linalg.norm(shear)))))
        reasons.append(f"slices are sheared by {angle:.1f}° (tilted gantry)")
    if uneven := _gaps(heights):
        reasons.append(uneven)
    if not reasons:
        reasons.append("slices are shifted sideways against each other")
    return "; ".join(reasons)


def _gaps(heights: np.ndarray) -> str:
    gaps = np.diff(heights)
    smallest = float(gaps.min())
    counts = np.rint(gaps / smallest)
    base = float(gaps.sum() / counts.sum())
    if float(np.abs(gaps - base).max()) <= tolerance(base):
        return ""
    holes = int((counts > 1).sum())
    if float(np.abs(gaps - counts * base).max()) > 2 * tolerance(base) or holes > len(gaps) / 2:
        return f"uneven slice distances, {_mm(smallest)} to {_mm(float(gaps.max()))} mm"
    return missing_slices(heights, counts)


def missing_slices(heights: np.ndarray, counts: np.ndarray) -> str:
    """`counts`: how many slice distances each gap spans."""
    holes = np.flatnonzero(counts > 1)
    missing = int((counts[holes] - 1).sum())
    named = [f"{_mm(heights[hole])} and {_mm(heights[hole + 1])} mm" for hole in holes[:3]]
    more = f" and {len(holes) - 3} more gaps" if len(holes) > 3 else ""
    return f"{'slice' if missing == 1 else f'{missing} slices'} missing between {', '.join(named)}{more}"


def _mm(value: Any) -> str:
    return f"{float(value):.2f}".rstrip("0").rstrip(".") if abs(float(value)) >= 0.005 else "0"
