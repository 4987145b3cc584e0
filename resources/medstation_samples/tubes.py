"""Trees of vessels and airways, drawn as chains of tubes into a volume."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from medstation_samples.grid import Array, Grid, soft


@dataclass(frozen=True)
class Tube:
    """A straight piece: both ends in mm as (z, y, x), and the radius in mm at either end."""

    start: Array
    end: Array
    first: float
    last: float


@dataclass(frozen=True)
class Growth:
    """How a tree grows: what a stem keeps of its radius from piece to piece, what a side branch gets of it (least and
    most), how many radii long a piece is, the thinnest piece (mm)."""

    keep: float = 0.9
    side: tuple[float, float] = (0.36, 0.66)
    length: float = 2.2
    thinnest: float = 0.45


Goes = Callable[[Array], bool]
"""Whether a tree may grow through a point in mm (z, y, x)."""


def grow(
    random: np.random.Generator, start: Array, heading: Array, radius: float, growth: Growth, goes: Goes
) -> Iterator[Tube]:
    """A tree: stems that bend a little and send out side branches, until they are thin or may not go on."""
    waiting = [(start, _unit(heading), radius)]
    while waiting:
        begin, way, thick = waiting.pop()
        end = begin + way * (thick * growth.length + 4.5) * random.uniform(0.7, 1.3)
        thin = thick * growth.keep
        aside = _across(way, random.normal(size=3))
        share = random.uniform(*growth.side)
        if thin < growth.thinnest or not goes(end):
            continue
        yield Tube(begin, end, thick, thin)
        waiting.append((end, _unit(way - 0.14 * aside + random.normal(0, 0.07, 3)), thin))
        waiting.append((end, _unit(0.6 * way + 0.75 * aside), thick * share))


def chain(points: Sequence[tuple[Array, float]]) -> Iterator[Tube]:
    """A tube through points in mm (z, y, x), each with its radius."""
    for (start, first), (end, last) in pairwise(points):
        yield Tube(start, end, first, last)


def _unit(vector: Array) -> Array:
    unit: Array = vector / np.sqrt(vector @ vector)
    return unit


def _across(way: Array, other: Array) -> Array:
    """The part of `other` at right angles to the unit vector `way`, as a unit vector."""
    return _unit(other - (other @ way) * way)


def draw(volume: Array, grid: Grid, tube: Tube, value: float, only: Array | None = None) -> None:
    """Mix a tube of `value` HU into `volume` (z, y, x) in place; `only` (0..1, same shape) says where it may."""
    reach = max(tube.first, tube.last) + grid.edge
    box = grid.box(np.minimum(tube.start, tube.end) - reach, np.maximum(tube.start, tube.end) + reach)
    if any(part.start >= part.stop for part in box):
        return
    z, y, x = grid.points(box)
    (sz, sy, sx), (wz, wy, wx) = tube.start.tolist(), (tube.end - tube.start).tolist()
    z, y, x = z - sz, y - sy, x - sx
    along = np.clip((z * wz + y * wy + x * wx) / (wz * wz + wy * wy + wx * wx), 0, 1)
    distance = np.sqrt((z - along * wz) ** 2 + (y - along * wy) ** 2 + (x - along * wx) ** 2)
    radius = tube.first + (tube.last - tube.first) * along
    part = soft(distance - radius, grid.edge) * np.minimum(radius * (2.2 / grid.edge), 1)
    if only is not None:
        part = part * only[box]
    here = volume[box]
    here += part * (value - here)
