"""What slice viewers show, as plain state: volume, planes, crosshair, window, layers. No Qt here.

Indices are (z, y, x) of the array; positions are LPS mm. Several viewports draw one `Scene`, so that they stay linked.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor

import numpy as np
from numpy.typing import NDArray

from medstation.widgets.anatomy import Plane, Voxel, planes_of
from medstation.widgets.colourmap import Grey, Shader, Window, natural_window
from medstation.widgets.masks import MaskLayer
from medstation.widgets.projection import Projection
from medstation.widgets.slabs import Sections


class Scene:
    """One volume (z, y, x), or one in colour (z, y, x, 3), and how it is being looked at.

    `affine` (4 x 4) maps (x, y, z, 1) to LPS mm; None where the place in the person is unknown. `unit` is that of
    the values. `dark_is_high` is for photometric MONOCHROME1. `revision` grows when grey levels or layers
    change.
    """

    def __init__(
        self,
        array: NDArray[np.generic],
        affine: NDArray[np.float64] | None = None,
        spacing: Sequence[float] | None = None,
        unit: str = "",
        window: Window | None = None,
        dark_is_high: bool = False,
        executor: Executor | None = None,
    ) -> None:
        self.array = array if array.ndim > 2 else array[None]
        self.affine, self.unit = affine, unit
        self.planes = planes_of(self.array.shape[:3], affine, spacing)
        self.cursor: Voxel = middle(self.array.shape)
        self.window = self.first_window = window or natural_window(self.array)
        self.inverted = False
        self.layers: dict[str, MaskLayer] = {}
        self.layers_visible, self.layers_opacity = True, 0.4
        self.projection: Projection | None = None
        self.revision = 0
        self._dark_is_high = dark_is_high
        self._sections = Sections(self.array, executor)
        self._shader = Shader()

    @property
    def in_colour(self) -> bool:
        return self.array.ndim == 4

    def plane(self, name: str) -> Plane | None:
        return next((plane for plane in self.planes if plane.name == name), None)

    def index(self, plane: Plane) -> int:
        return self.cursor[plane.normal]

    def move_to(self, voxel: Sequence[int]) -> bool:
        """Put the crosshair on a voxel (the nearest inside); True if it moved."""
        z, y, x = (min(max(int(v), 0), n - 1) for v, n in zip(voxel, self.array.shape, strict=False))
        moved = (z, y, x) != self.cursor
        self.cursor = (z, y, x)
        return moved

    def scroll_to(self, plane: Plane, index: int) -> bool:
        """Show slice `index` of `plane` (the nearest there is); True if that is another one than before."""
        voxel = list(self.cursor)
        voxel[plane.normal] = index
        return self.move_to(voxel)

    def position(self, voxel: Voxel) -> tuple[float, float, float] | None:
        """LPS mm of a voxel's centre; None where the place in the person is unknown."""
        if self.affine is None:
            return None
        x, y, z = (self.affine @ (voxel[2], voxel[1], voxel[0], 1.0))[:3]
        return float(x), float(y), float(z)

    def voxel_at(self, position: Sequence[float]) -> Voxel | None:
        """The voxel nearest to a position in LPS mm; None where there is no affine."""
        if self.affine is None:
            return None
        x, y, z = np.linalg.solve(self.affine[:3, :3], np.asarray(position, float) - self.affine[:3, 3])
        return round(float(z)), round(float(y)), round(float(x))

    def value(self, voxel: Voxel) -> float | tuple[int, ...]:
        """The volume's value at a voxel, in its unit; three numbers for colour."""
        found = self.array[voxel]
        return tuple(int(part) for part in found) if self.in_colour else float(found)

    def stamp(self, plane: Plane) -> tuple[object, ...]:
        """Changes whenever what `plane` shows changes (crosshair aside)."""
        if self.projection is not None and plane is self.projection.plane:
            return (self.inverted,)
        return self.index(plane), self.revision

    def picture(self, plane: Plane) -> Grey:
        """The plane's current slice as it stands on screen: uint8 (rows, columns), or (rows, columns, 3) in colour."""
        if self.projection is not None and plane is self.projection.plane:
            return self.projection.picture(self.inverted)
        section = self._sections.at(plane.normal, self.index(plane))
        if self.in_colour and self.window == self.first_window:
            grey = np.subtract(255, section, dtype=np.uint8) if self.inverted else section.astype(np.uint8, copy=False)
        else:
            grey = self._shader.shade(section, self.window, self.inverted != self._dark_is_high)
        return np.ascontiguousarray(plane.arrange(grey), dtype=np.uint8)

    def set_window(self, window: Window) -> bool:
        changed = window != self.window
        self.window = window
        self.revision += changed
        return changed

    def invert(self) -> None:
        self.inverted = not self.inverted
        self.revision += 1

    def set_layers_look(self, opacity: float, visible: bool) -> None:
        self.layers_opacity, self.layers_visible = min(max(opacity, 0.0), 1.0), visible
        self.revision += 1

    def add_layer(self, key: str, layer: MaskLayer) -> bool:
        """Lay a mask over the volume; False (and nothing done) if it is of another shape."""
        if layer.shape != self.array.shape[:3]:
            return False
        self.layers[key] = layer
        self.revision += 1
        return True

    def remove_layer(self, key: str) -> None:
        if self.layers.pop(key, None) is not None:
            self.revision += 1

    def show_projection(self, projection: Projection) -> None:
        self.projection = projection
        self.revision += 1


def middle(shape: Sequence[int]) -> Voxel:
    z, y, x = (int(size) // 2 for size in shape[:3])
    return z, y, x
