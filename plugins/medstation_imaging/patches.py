"""Training patches: cut around a voxel, turned, scaled and flipped in one sampling, then varied in brightness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

from medstation.api import Json

MOST_PLACES = 4000
"""Foreground voxels remembered per class and case; more add nothing to the choice."""


@dataclass(frozen=True)
class PatchPlan:
    """`size` in voxels and `spacing` in mm, both (z, y, x); `foreground` is the share of patches around a label."""

    size: tuple[int, int, int]
    spacing: tuple[float, float, float]
    foreground: float
    augment: bool
    mirror: bool


def plan_of(config: Json) -> PatchPlan:
    """What a model's config says of its patches."""
    size, mm, training = config["patch"], config["spacing"] or (1.0, 1.0, 1.0), config["training"]
    return PatchPlan(
        (size[0], size[1], size[2]),
        (mm[0], mm[1], mm[2]),
        float(training["foreground"]),
        bool(training["augmentation"]),
        bool(training["mirror"]),
    )


def places_of(target: np.ndarray, classes: int) -> list[np.ndarray]:
    """Voxels (n, 3) of each class 1 .. `classes`, at most `MOST_PLACES` each, evenly taken."""
    found = []
    for value in range(1, classes + 1):
        flat = np.flatnonzero(target == value)
        flat = flat[:: max(1, -(-len(flat) // MOST_PLACES))]
        found.append(np.stack(np.unravel_index(flat, target.shape), axis=1).astype(np.int32))
    return found


def cut(
    image: torch.Tensor,
    target: torch.Tensor,
    places: Sequence[np.ndarray],
    plan: PatchPlan,
    rng: np.random.Generator,
) -> tuple[torch.Tensor, torch.Tensor]:
    """A patch of `image` and `target` (float32 (z, y, x)): image float32, target int64, both (1, z, y, x)."""
    centre = _centre(image.shape, places, plan, rng)
    matrix = _matrix(plan, rng) if plan.augment else np.eye(3)
    if plan.augment and plan.mirror and rng.random() < 0.5:
        matrix = matrix @ np.diag([1.0, 1.0, -1.0])  # x runs to the patient's left
    grid = _grid(matrix, centre, plan.size, image.shape)
    patch = _sampled(image, grid, "bilinear", "border")
    mask = _sampled(target, grid, "nearest", "zeros")
    if plan.augment:
        patch = varied(patch, rng)
    return patch, mask.long()


def _centre(
    shape: Sequence[int], places: Sequence[np.ndarray], plan: PatchPlan, rng: np.random.Generator
) -> np.ndarray:
    """The patch's middle in voxels, such that the patch stays inside where the volume is large enough."""
    size = np.array(plan.size)
    present = [voxels for voxels in places if len(voxels)]
    if present and rng.random() < plan.foreground:
        voxels = present[rng.integers(len(present))]
        chosen = voxels[rng.integers(len(voxels))] + rng.uniform(-0.25, 0.25, 3) * size
    else:
        chosen = rng.uniform(0, np.array(shape) - 1)
    low, high = (size - 1) / 2, np.array(shape) - 1 - (size - 1) / 2
    middle = (np.array(shape) - 1) / 2
    return np.where(low > high, middle, np.clip(chosen, np.minimum(low, high), np.maximum(low, high)))


def _matrix(plan: PatchPlan, rng: np.random.Generator) -> np.ndarray:
    """Rotation about each axis and scaling, done in mm so that anatomy is not sheared, expressed in voxels."""
    mm = np.diag(plan.spacing)
    limit = np.deg2rad(15.0)
    turned = np.eye(3)
    for axis, angle in enumerate(rng.uniform(-limit, limit, 3) * (rng.random(3) < 0.5)):
        turned = turned @ _rotation(axis, angle)
    scale = rng.uniform(0.85, 1.2) if rng.random() < 0.5 else 1.0
    return np.linalg.inv(mm) @ (turned * scale) @ mm


def _rotation(axis: int, angle: float) -> np.ndarray:
    first, second = [one for one in range(3) if one != axis]
    matrix = np.eye(3)
    matrix[first, first] = matrix[second, second] = np.cos(angle)
    matrix[first, second], matrix[second, first] = -np.sin(angle), np.sin(angle)
    return matrix


def _grid(matrix: np.ndarray, centre: np.ndarray, size: Sequence[int], shape: Sequence[int]) -> torch.Tensor:
    """Where each voxel of the patch lies in the volume, as grid_sample wants it: (1, z, y, x, 3), x first, -1 .. 1."""
    span = np.maximum(np.array(shape) - 1, 1) / 2
    half = (np.array(size) - 1) / 2
    theta = (matrix * half[None, :]) / span[:, None]
    shift = (centre - (np.array(shape) - 1) / 2) / span
    flipped = np.concatenate([theta[::-1, ::-1], shift[::-1, None]], axis=1)
    affine = torch.from_numpy(np.ascontiguousarray(flipped, dtype=np.float32))[None]
    return functional.affine_grid(affine, [1, 1, *size], align_corners=True)


def _sampled(volume: torch.Tensor, grid: torch.Tensor, mode: str, padding: str) -> torch.Tensor:
    return functional.grid_sample(volume[None, None], grid, mode=mode, padding_mode=padding, align_corners=True)[0]


def varied(patch: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Contrast, brightness, gamma and noise, each on some of the patches."""
    if rng.random() < 0.3:
        patch = patch * rng.uniform(0.75, 1.3) + rng.uniform(-0.2, 0.2)
    if rng.random() < 0.3:
        patch = _gamma(patch, float(rng.uniform(0.7, 1.5)))
    if rng.random() < 0.2:
        noise = rng.standard_normal(tuple(patch.shape), dtype=np.float32)
        patch = patch + torch.from_numpy(noise) * float(rng.uniform(0, 0.15))
    return patch


def moved(image: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """A whole image (y, x) or (z, y, x), shifted and scaled by up to a tenth; its edges go on outside."""
    shape = np.array(image.shape)
    centre = (shape - 1) / 2 + rng.uniform(-0.1, 0.1, image.ndim) * (shape - 1)
    grid = _grid(np.eye(image.ndim) * rng.uniform(0.9, 1.1), centre, image.shape, image.shape)
    return _sampled(image, grid, "bilinear", "border")[0]


def _gamma(patch: torch.Tensor, power: float) -> torch.Tensor:
    low, high = patch.min(), patch.max()
    span = (high - low).clamp_min(1e-6)
    return ((patch - low) / span).pow(power) * span + low
