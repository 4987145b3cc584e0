"""A volume as a network sees it: along the patient's axes, at one spacing, normalised; and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
import torch
from torch.nn import functional

from medstation.api import Json

SAME_SPACING = 0.02
"""Spacings that differ by less than this part count as equal: resampling would only blur."""


@dataclass(frozen=True)
class Turn:
    """How array axes (z, y, x) are permuted and flipped to run to the patient's Superior, Posterior, Left."""

    axes: tuple[int, int, int] = (0, 1, 2)
    flips: tuple[bool, bool, bool] = (False, False, False)

    def apply(self, array: np.ndarray) -> np.ndarray:
        """`array` (z, y, x) seen along the patient's axes."""
        turned = array.transpose(self.axes)
        return turned[tuple(slice(None, None, -1 if flip else 1) for flip in self.flips)]

    def undo(self, array: np.ndarray) -> np.ndarray:
        """An array along the patient's axes, back in the volume's own."""
        straight = array[tuple(slice(None, None, -1 if flip else 1) for flip in self.flips)]
        return straight.transpose(tuple(int(axis) for axis in np.argsort(self.axes)))

    def reorder(self, values: Sequence[float]) -> tuple[float, float, float]:
        """Values per array axis (a spacing), in the turned order."""
        return tuple(float(values[axis]) for axis in self.axes)  # type: ignore[return-value]


def turn_of(affine: np.ndarray | Sequence[Sequence[float]]) -> Turn:
    """The turn that brings a volume closest to the patient's axes; `affine` maps voxel (i, j, k) to LPS mm."""
    columns = np.asarray(affine, dtype=np.float64)[:3, :3]
    directions = (columns / np.maximum(np.linalg.norm(columns, axis=0), 1e-12))[:, ::-1]  # columns now z, y, x
    wanted = (2, 1, 0)  # LPS row of Superior, Posterior, Left

    def closeness(axes: tuple[int, ...]) -> float:
        return float(sum(abs(directions[row, axis]) for row, axis in zip(wanted, axes, strict=True)))

    best = max(permutations(range(3)), key=closeness)
    flips = tuple(bool(directions[row, axis] < 0) for row, axis in zip(wanted, best, strict=True))
    return Turn(best, flips)  # type: ignore[arg-type]


def normalised(array: np.ndarray, unit: str, config: Json) -> np.ndarray:
    """float32: CT (unit "HU") clipped to the config's window and scaled to -1 .. 1, others to mean 0, deviation 1.

    `config["normalisation"]` is "auto", "window" or "z-score". Values that are no numbers become the lowest one.
    """
    values = array.astype(np.float32)
    if not np.isfinite(values).all():
        finite = values[np.isfinite(values)]
        values = np.nan_to_num(values, nan=finite.min() if finite.size else 0.0, posinf=0.0, neginf=0.0)
    kind = config["normalisation"]
    if kind == "window" or (kind == "auto" and unit == "HU"):
        low, high = float(config["window_low"]), float(config["window_high"])
        return (np.clip(values, low, high) - low) * np.float32(2 / (high - low)) - np.float32(1)
    return _standardised(values)


def _standardised(values: np.ndarray) -> np.ndarray:
    """Mean 0, deviation 1, after clipping the brightest and darkest 0.1 %, which artefacts own."""
    low, high = np.quantile(values[:: max(1, values.shape[0] // 64)], [0.001, 0.999])
    clipped = np.clip(values, np.float32(low), np.float32(high))
    standardised: np.ndarray = (clipped - clipped.mean()) / np.float32(max(float(clipped.std()), 1e-6))
    return standardised


def resampled_shape(shape: Sequence[int], spacing: Sequence[float], target: Sequence[float]) -> tuple[int, int, int]:
    """The shape of a volume of `shape` and `spacing` (mm) at the spacing `target`; each axis on its own."""
    sizes = zip(shape, spacing, target, strict=True)
    return tuple(  # type: ignore[return-value]
        size if abs(own / wanted - 1) < SAME_SPACING else max(1, round(size * own / wanted))
        for size, own, wanted in sizes
    )


def resized(array: np.ndarray, shape: Sequence[int], labels: bool = False) -> np.ndarray:
    """`array` (z, y, x) stretched to `shape`: linear for intensities and probabilities, nearest for labels."""
    if tuple(array.shape) == tuple(shape):
        return array
    tensor = torch.from_numpy(np.ascontiguousarray(array))[None, None]
    if labels:
        return functional.interpolate(tensor, tuple(shape), mode="nearest-exact")[0, 0].numpy()
    return functional.interpolate(tensor.float(), tuple(shape), mode="trilinear", align_corners=False)[0, 0].numpy()


def decided(chances: np.ndarray, turn: Turn, shape: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Class probabilities in the model's grid -> mask uint8 and confidence float32 in the volume's own grid (`shape`).

    `chances` is (classes, z, y, x) along the patient's axes. Class by class, so that only two maps are held in full.
    """
    turned = tuple(shape[axis] for axis in turn.axes)
    best = resized(chances[0], turned).astype(np.float32)
    mask = np.zeros(turned, np.uint8)
    for value in range(1, len(chances)):
        rival = resized(chances[value], turned).astype(np.float32)
        wins = rival > best
        mask[wins] = value
        np.maximum(best, rival, out=best)
    return np.ascontiguousarray(turn.undo(mask)), np.ascontiguousarray(turn.undo(best))
