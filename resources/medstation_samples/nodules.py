"""Solid lung nodules: nearly round, in the lung, and known to the voxel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from medstation_samples.grid import Array, Grid, soft

ATTEMPTS, PATIENCE = 6000, 400


@dataclass(frozen=True)
class Nodule:
    """A nodule: centre in mm (z, y, x), mean radius in mm, HU, and the bumps (n, 4: direction and height) on it."""

    centre: Array
    radius: float
    value: float
    bumps: Array


def place(
    random: np.random.Generator, grid: Grid, lung: Array, radii: tuple[float, float], taken: list[Nodule]
) -> Nodule:
    """A nodule somewhere in the lung (`lung`: 0..1, (z, y, x)), clear of the chest wall and of those `taken`.

    Where there is no room, it becomes smaller.
    """
    candidates = np.argwhere(lung > 0.99)
    radius = float(random.uniform(*radii))
    directions = random.normal(size=(80, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    for attempt in range(1, ATTEMPTS):
        centre = candidates[random.integers(len(candidates))] * np.array(grid.spacing) + grid.origin
        far = all(np.linalg.norm(centre - other.centre) > radius + other.radius + 12 for other in taken)
        if far and _inside(grid, lung, centre + directions * (radius + 2.5)):
            return Nodule(centre, radius, float(random.uniform(25, 65)), _bumps(random))
        if attempt % PATIENCE == 0:
            radius *= 0.85
    raise ValueError("the lungs in this volume are too small for a nodule")


def draw(volume: Array, grid: Grid, nodule: Nodule) -> Array:
    """Mix the nodule into `volume` in place; returns where it is, bool (z, y, x)."""
    reach = nodule.radius * 1.4 + grid.edge
    box = grid.box(nodule.centre - reach, nodule.centre + reach)
    away = [c - m for c, m in zip(grid.points(box), nodule.centre, strict=True)]
    distance = np.sqrt(sum(part**2 for part in away))
    shape = np.ones_like(distance)
    for *direction, height in nodule.bumps:
        facing = sum(d * part for d, part in zip(direction, away, strict=True)) / np.maximum(distance, 0.1)
        shape += height * np.clip(facing, 0, 1) ** 3
    part = soft(distance - nodule.radius * shape, grid.edge)
    volume[box] += (part * (nodule.value - volume[box])).astype(np.float32)
    found = np.zeros(volume.shape, bool)
    found[box] = part >= 0.5
    return found


def _inside(grid: Grid, lung: Array, points: Array) -> bool:
    index = np.rint(grid.index(points)).astype(int)
    if (index < 0).any() or (index >= grid.shape).any():
        return False
    return bool((lung[tuple(index.T)] > 0.99).all())


def _bumps(random: np.random.Generator) -> Array:
    directions = random.normal(size=(6, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return np.hstack([directions, random.uniform(-0.12, 0.2, (6, 1))])
