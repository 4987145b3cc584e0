"""One person's chest CT with nodules, as arrays."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from medstation_samples import nodules, thorax, tubes
from medstation_samples.grid import Array, Grid
from medstation_samples.thorax import BLOOD

Point = tuple[float, float, float]
HEADINGS = (  # into which parts of the lung a vessel goes from the hilum: (z, y, x outward)
    (60, -10, 30), (40, 35, 30), (25, -55, 28), (5, -30, 60), (2, 40, 50), (-28, -55, 40), (-40, -10, 55),
    (-55, 35, 45), (-70, 60, 30), (-30, 65, 22), (-75, 5, 30), (15, 8, 70),
)  # fmt: skip
HILUM = (-18.0, 6.0, 40.0)
GREAT_VESSELS = (  # what does not run straight up: points (z, y, x) with radii, and HU
    (BLOOD + 13, ((18, -20, -15, 15), (32, -12, -9, 14.5), (38, 6, 3, 13.5), (34, 26, 15, 13), (18, 39, 22, 12.5))),
    (BLOOD + 13, ((40, -6, -7, 6), (62, -10, -20, 5.5), (130, -14, -34, 4.5))),
    (BLOOD + 13, ((42, 4, 1, 4), (70, 2, 10, 3.6), (130, -4, 26, 3.4))),
    (BLOOD + 13, ((40, 14, 8, 5), (70, 20, 24, 4.5), (130, 10, 40, 4))),
    (BLOOD + 25, ((-22, -18, 12, 12), (-16, -2, -8, 10), (-16, 4, -34, 8.5), (-20, 8, -48, 6))),
    (BLOOD + 25, ((-10, -18, 15, 12), (-4, -4, 28, 10.5), (-8, 10, 42, 8), (-22, 16, 50, 6))),
    (BLOOD + 5, ((-56, 10, -24, 8), (-50, 6, -44, 6), (-44, 2, -56, 4.5))),
    (BLOOD + 5, ((-56, 12, 22, 8), (-50, 12, 44, 6), (-44, 6, 58, 4.5))),
    (20, ((20, -34, 2, 6), (50, -30, 2, 5))),
)
BRONCHI: tuple[tuple[Point, ...], ...] = (
    ((4, 10, 0), (-12, 12, -16), (-22, 12, -34)),
    ((4, 10, 0), (-14, 13, 20), (-26, 15, 40)),
)
WINDPIPE: tuple[Point, Point] = ((4, 10, 0), (16, 10, 0))
"""The part of it just above the fork."""


@dataclass(frozen=True)
class Phantom:
    """HU before the scanner's noise, float32 (z, y, x), and the nodules' mask, uint8 of the same shape."""

    image: Array
    mask: Array


def build(
    random: np.random.Generator,
    grid: Grid,
    count: int,
    radii: tuple[float, float],
    person: thorax.Build,
    thinnest: float,
) -> Phantom:
    """A chest with `count` nodules of `radii` (mm, least and most); vessels down to `thinnest` mm radius."""
    y, x = grid.plane()
    image, lung = np.empty(grid.shape, np.float32), np.empty(grid.shape, np.float32)

    def fill(index: int) -> None:
        image[index], lung[index] = thorax.slice_hu(person, float(grid.axes[0][index]), y, x, grid.edge)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(fill, range(grid.shape[0])))
    size = np.array([person.scale, person.scale * person.depth, person.scale])
    _great_vessels(image, grid, size)
    _airways(random, image, grid, size, lung)
    _vessels(random, image, grid, size, lung, thinnest)
    mask = np.zeros(grid.shape, np.uint8)
    taken: list[nodules.Nodule] = []
    for _ in range(count):
        taken.append(nodules.place(random, grid, lung, radii, taken))
        mask[nodules.draw(image, grid, taken[-1])] = 1
    return Phantom(image, mask)


def _great_vessels(image: Array, grid: Grid, size: Array) -> None:
    for value, course in GREAT_VESSELS:
        for tube in tubes.chain([(np.array(point) * size, float(radius)) for *point, radius in course]):
            tubes.draw(image, grid, tube, value)


def _vessels(random: np.random.Generator, image: Array, grid: Grid, size: Array, lung: Array, thinnest: float) -> None:
    """Two trees, artery and vein, into each part of either lung."""
    growth = tubes.Growth(thinnest=thinnest)
    for heading in (*HEADINGS, *HEADINGS):
        for side in (-1, 1):
            mirror = np.array([1, 1, side])
            start = (np.array(HILUM) + random.normal(0, 5, 3)) * mirror * size
            toward = np.array(heading) * mirror + random.normal(0, 9, 3)
            radius = float(random.uniform(2.4, 3.4))
            for tube in tubes.grow(random, start, toward, radius, growth, _within(grid, lung, start, 16)):
                tubes.draw(image, grid, tube, 75.0, lung)


def _within(grid: Grid, lung: Array, start: Array, near: float) -> tubes.Goes:
    """Through the lung, through the first `near` mm, and through a little of what lies above and below the volume."""
    top = grid.bottom + grid.shape[0] * grid.spacing[0]

    def goes(point: Array) -> bool:
        if not grid.bottom - 30 < point[0] < top + 30:
            return False
        inside = np.array([min(max(point[0], grid.bottom), top - grid.spacing[0]), point[1], point[2]])
        return grid.look_up(lung, inside) > 0.5 or float(np.linalg.norm(point - start)) < near

    return goes


def _airways(random: np.random.Generator, image: Array, grid: Grid, size: Array, lung: Array) -> None:
    tree: list[tubes.Tube] = []
    for course in BRONCHI:
        points = [np.array(point) * size for point in course]
        tree += tubes.chain(list(zip(points, (7.5, 6.8, 5.2), strict=True)))
        side = np.sign(course[-1][2])
        for z, y, x in HEADINGS[::2]:
            toward = np.array([z, y, x * side]) + random.normal(0, 6, 3)
            growth = tubes.Growth(keep=0.84, side=(0.55, 0.75), length=4, thinnest=0.95)
            tree += tubes.grow(random, points[-1], toward, 3.1, growth, _within(grid, lung, points[-1], 14))
    for tube in tree:
        wall = 0.35 + 0.16 * tube.last
        tubes.draw(image, grid, tubes.Tube(tube.start, tube.end, tube.first + wall, tube.last + wall), -60.0)
    # The walls of both main bronchi begin inside the windpipe, whose lumen is opened again here.
    fork = tubes.Tube(np.array(WINDPIPE[0]) * size, np.array(WINDPIPE[1]) * size, 9.2, 9.2)
    for tube in (*tree, fork):
        tubes.draw(image, grid, tube, -985.0)
