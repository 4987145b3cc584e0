"""A chest, slice by slice: body wall, ribs, spine, lungs, heart and great vessels, in Hounsfield units.

Millimetres are those of a grown person of average build with the tracheal bifurcation at z = 0; `Build.scale` makes
the person smaller or larger. Values are of a contrast-enhanced CT in the portal phase.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from medstation_samples.grid import Array, ellipse, paint, soft

AIR, LUNG, FAT, MUSCLE, BLOOD, LIVER = -1000.0, -855.0, -100.0, 52.0, 165.0, 108.0
RIB_STEP = 26.0
TUBES = (  # (y, x, radius, lowest z, highest z, HU) of what runs up and down through the mediastinum
    (32, 7, 6.5, -200, 200, 42),
    (40, 22, 12.5, -200, 30, BLOOD + 12),
    (-20, -15, 16, -48, 32, BLOOD + 15),
    (-10, -32, 9.5, -45, 60, BLOOD + 35),
    (-22, 15, 14, -45, -8, BLOOD + 25),
    (10, 0, 9.5, 2, 200, AIR),
)
CHAMBERS = (  # of the heart: centre (z, y, x), radii, HU
    ((-58, 10, -2), (20, 19, 32), BLOOD + 5),
    ((-82, -14, 46), (27, 21, 27), BLOOD + 10),
    ((-84, -44, 12), (27, 18, 32), BLOOD + 18),
    ((-76, -18, -30), (30, 25, 17), BLOOD + 20),
    ((-52, -22, 4), (14, 15, 15), BLOOD + 14),
)


@dataclass(frozen=True)
class Build:
    """What makes one person differ from another; `waves` (n, 4) are wave vectors (1/mm; z, y, x) and a phase."""

    scale: float
    depth: float
    fat: float
    heart: float
    rib_phase: float
    waves: Array

    @classmethod
    def draw(cls, random: np.random.Generator) -> Build:
        """A random person."""
        directions = random.normal(size=(7, 3))
        directions *= (2 * np.pi / random.uniform(16, 70, (7, 1))) / np.linalg.norm(directions, axis=1, keepdims=True)
        return cls(
            scale=float(random.uniform(0.84, 0.93)),
            depth=float(random.uniform(0.94, 1.06)),
            fat=float(random.uniform(5, 15)),
            heart=float(random.uniform(0.92, 1.08)),
            rib_phase=float(random.uniform(0, RIB_STEP)),
            waves=np.hstack([directions, random.uniform(0, 2 * np.pi, (7, 1))]),
        )


def slice_hu(build: Build, z: float, y: Array, x: Array, edge: float) -> tuple[Array, Array]:
    """One axial slice without lung vessels: HU, float32 (rows, columns), and how much of each voxel is lung (0..1).

    `z` in mm; `y` (rows, 1) and `x` (1, columns) in mm; `edge` is the width in mm of a drawn edge.
    """
    z, y, x = z / build.scale, y / (build.scale * build.depth), x / build.scale
    texture = _texture(build, z, y, x)
    wall, angle = _wall(z, y, x, 0.02)
    image = np.full((y.shape[0], x.shape[1]), AIR, np.float32)
    _table(image, build, y, x, edge)
    _body(image, build, _wall(z, y, x, 0.93)[0], angle, texture, edge)
    _bones_of_the_wall(image, build, z, wall, angle, edge)
    paint(image, soft(wall, edge), FAT + 8 * texture)
    lung = _lungs(build, z, y, x, wall, edge)
    _mediastinum(image, build, z, y, x, texture, edge)
    _spine(image, z, y, x, texture, edge)
    _diaphragm(image, z, y, x, wall, texture, edge)
    paint(image, lung, LUNG + 0.35 * y + 14 * texture)
    return image, lung


def in_heart(build: Build, z: float, y: Array, x: Array) -> Array:
    """The distance in mm (about; negative inside) to the heart's outline; coordinates in mm of an average person."""
    u, v, w = x - 20, y + 22, z + 78
    along, across = 0.8 * u - 0.45 * v - 0.4 * w, 0.5 * u + 0.86 * v
    up = 0.35 * u - 0.2 * v + 0.91 * w
    size = build.heart
    reach = np.sqrt((along / (62 * size)) ** 2 + (across / (40 * size)) ** 2 + (up / (46 * size)) ** 2)
    return (reach - 1) * 42 * size


def _texture(build: Build, z: float, y: Array, x: Array) -> Array:
    """A smooth pattern of about -1..1 that no two people share."""
    total = np.zeros((y.shape[0], x.shape[1]), np.float32)
    for kz, ky, kx, phase in build.waves:
        total += np.sin(np.float32(kz * z + phase) + np.float32(ky) * y + np.float32(kx) * x)
    return total / 2.6


def _wall(z: float, y: Array, x: Array, least: float) -> tuple[Array, Array]:
    """The distance in mm (about; negative inside) to the inner chest wall, and the angle, 0 at the back.

    Upwards the chest narrows like a dome, down to `least` of its width (the shoulders stay broad).
    """
    above = max(z + 20, 0.0) / 128
    taper = max(float(np.sqrt(max(1 - above**2.4, 0.0))), least)
    half_width, half_depth = 126 * taper, 90 * (0.3 + 0.7 * taper)
    u, v = x / half_width, (y - 14 * (1 - taper)) / half_depth
    reach = (np.abs(u) ** 2.15 + np.abs(v) ** 2.15) ** np.float32(1 / 2.15)
    return (reach - 1) * (half_width + half_depth) / 2, np.arctan2(np.abs(u), v + 0 * u)


def _bump(value: Array, centre: float, width: float) -> Array:
    return np.exp(-(((value - centre) / width) ** 2))


def _table(image: Array, build: Build, y: Array, x: Array, edge: float) -> None:
    """The scanner's table: a thin shell around foam, hollowed to the back."""
    surface = y - 112 - build.fat + (x / 34) ** 2
    board = np.maximum(np.abs(surface - 14) - 14, np.abs(x) - 190)
    paint(image, soft(board, edge), -640)
    paint(image, soft(board + 1.5, edge), -955)


def _body(image: Array, build: Build, wall: Array, angle: Array, texture: Array, edge: float) -> None:
    muscle = 13 + 14 * _bump(angle, 0.75, 0.35) + 10 * _bump(angle, 2.35, 0.35) + 16 * _bump(angle, 0.0, 0.3)
    skin = muscle + build.fat * (0.8 + 0.5 * _bump(angle, 2.2, 0.6) + 0.35 * _bump(angle, 1.2, 0.3))
    paint(image, soft(wall - skin - 2.2, edge), 15)
    paint(image, soft(wall - skin, edge), FAT - 6 + 9 * texture)
    paint(image, soft(wall - muscle, edge), MUSCLE + 7 * texture)
    seam = soft(np.abs(wall - 14 - 2.5 * texture) - 1.0, edge) * soft(wall - muscle + 4, 4.0)
    paint(image, seam, FAT + 15)


def _bones_of_the_wall(image: Array, build: Build, z: float, wall: Array, angle: Array, edge: float) -> None:
    """Ribs run down and forward around the wall; in front they go over into cartilage, at the breastbone they end."""
    phase = (z + build.rib_phase + 78 * np.sin(0.6 * angle) ** 2) % RIB_STEP - RIB_STEP / 2
    rib = (np.sqrt(((wall - 6.5) / 3.7) ** 2 + (phase / 6.2) ** 2) - 1) * 3.7
    cartilage = soft(2.35 - angle, 0.12)
    paint(image, soft(rib, edge), (1 - cartilage) * 560 + cartilage * 115)
    paint(image, soft(rib + 1.5, edge) * (1 - cartilage), 190)
    breastbone = (np.sqrt(((wall - 8) / 6) ** 2 + ((np.pi - angle) * 90 / 19) ** 2) - 1) * 6
    paint(image, soft(breastbone, edge), 420)
    paint(image, soft(breastbone + 1.8, edge), 150)
    if z > -60:
        blade = np.maximum(np.abs(wall - 21 - 7 * (angle - 0.8)) - 1.5, np.abs(angle - 0.85) * 95 - 15 - 0.2 * z)
        paint(image, soft(blade, edge), 400)


def _lungs(build: Build, z: float, y: Array, x: Array, wall: Array, edge: float) -> Array:
    """How much of each voxel is lung: the inside of the chest less heart, mediastinum, spine and what lies below."""
    inside = wall + 2
    front = 7 + 10 * _bump(y, -80, 14)
    middle = 31 * _bump(y, 2, 34) + 8 * _bump(y, -24, 18)
    back = 21 * _bump(y, 58, 22)
    half_width = np.maximum(np.maximum(front, middle), back) * (1.0 if z < 30 else max(0.86, 1 - (z - 30) / 300))
    not_lung = np.abs(x - 1.5) - half_width
    spine = ellipse(y, x, (62, 0), (23, 21))
    heart = in_heart(build, z, y, x) - 4
    aorta = ellipse(y, x, (40, 22), (15, 15)) if z < 34 else np.full_like(not_lung, 99)
    solid = np.minimum(np.minimum(not_lung, spine), np.minimum(heart, aorta))
    return soft(inside, edge) * soft(-solid, edge) * soft(-_above_diaphragm(z, y, x, wall), edge)


def _above_diaphragm(z: float, y: Array, x: Array, wall: Array) -> Array:
    """Millimetres above the domes of the diaphragm: steep along the chest wall, deepest behind."""
    along_wall = 72 * np.exp(np.minimum(wall, 0) / 17) * (1 + 0.004 * y)
    dome = np.where(x < 0, np.float32(-92), np.float32(-103)) - ((np.abs(x) - 62) / 15) ** 2 - along_wall
    return (z - dome) * np.float32(0.6)


def _mediastinum(image: Array, build: Build, z: float, y: Array, x: Array, texture: Array, edge: float) -> None:
    heart = in_heart(build, z, y, x)
    paint(image, soft(heart, edge), 92 + 6 * texture)
    for centre, radii, value in CHAMBERS:
        paint(image, _ball(z, y, x, centre, radii, build.heart, edge) * soft(heart + 4, edge), value)
    for cy, cx, radius, low, high, value in TUBES:
        ends = float(np.clip(min(z - low, high - z) / 8, 0, 1))
        if ends > 0:
            circle = ellipse(y, x, (cy, cx), (radius, radius * 1.06))
            if value == AIR:
                paint(image, soft(circle - 1.6, edge), 30)
            paint(image, soft(circle + (1 - ends) * radius, edge), value + 3 * texture)


def _ball(
    z: float,
    y: Array,
    x: Array,
    centre: tuple[float, float, float],
    radii: tuple[float, float, float],
    size: float,
    edge: float,
) -> Array:
    (cz, cy, cx), (rz, ry, rx) = centre, (radius * size for radius in radii)
    reach = np.sqrt(((z - cz) / rz) ** 2 + ((y - cy) / ry) ** 2 + ((x - cx) / rx) ** 2)
    return soft((reach - 1) * min(radii), edge)


def _spine(image: Array, z: float, y: Array, x: Array, texture: Array, edge: float) -> None:
    """Vertebral body, arch with its processes, spinal canal; between two bodies a disc."""
    disc = float(np.clip(0.5 - (abs(z % 27 - 13.5) - 2.8) / 2, 0, 1))
    body = np.maximum(ellipse(y, x, (58, 0), (15.5, 18.5)), y - 71)
    arch = np.minimum(ellipse(y, x, (82, 0), (13, 15)), np.maximum(np.abs(x) - 3.2, np.abs(y - 96) - 15))
    wings = np.maximum(np.abs(y - 83 - 0.22 * np.abs(x)) - 4.2, np.abs(x) - 33)
    processes = soft(np.minimum(arch, wings), edge) * (1 - 0.75 * disc)
    paint(image, processes, 380)
    paint(image, soft(np.minimum(arch, wings) + 2, edge) * (1 - disc), 210)
    paint(image, soft(body, edge), 430 - 320 * disc)
    paint(image, soft(body + 1.8, edge), (175 + 22 * texture) * (1 - disc) + 85 * disc)
    paint(image, soft(ellipse(y, x, (79.5, 0), (8, 10)), edge), 12)
    paint(image, soft(ellipse(y, x, (79.5, 0), (4.2, 5.2)), edge), 38)


def _diaphragm(image: Array, z: float, y: Array, x: Array, wall: Array, texture: Array, edge: float) -> None:
    """Below the domes: liver on the right, spleen and stomach on the left, fat between."""
    below = soft(_above_diaphragm(z, y, x, wall) + 2.5, edge) * soft(wall + 2, edge)
    if not below.any():
        return
    stomach = below * soft(ellipse(y, x, (-14, 62), (44, 40)), edge)
    paint(image, below * soft(20 - np.abs(x), edge), FAT + 8 * texture)
    paint(image, below * soft(x - 18 + 0.5 * (y + 30), edge), LIVER + 4 * texture)
    paint(image, below * soft(ellipse(y, x, (36, 84), (44, 40)), edge), 118 + 4 * texture)
    paint(image, stomach, 38)
    paint(image, stomach * soft(y + 30, edge), -960)
