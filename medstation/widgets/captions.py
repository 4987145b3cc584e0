"""The words in the corners of a viewport. No Qt here; phrases come translated from the widget."""

from __future__ import annotations

from medstation.widgets.anatomy import Plane, Voxel
from medstation.widgets.camera import Placement
from medstation.widgets.slices import Scene


def number(value: float) -> str:
    """A number for reading: no digits that mean nothing, a true minus sign."""
    digits = 0 if abs(value) >= 100 or float(value).is_integer() else 1 if abs(value) >= 10 else 2
    return f"{value:.{digits}f}".replace("-", "−")


def place_line(scene: Scene, plane: Plane) -> str:
    """Where the slice lies along its normal in mm, e.g. "S 112.5 mm"; "" where that is unknown or oblique."""
    position = scene.position(scene.cursor)
    axis = {"axial": 2, "coronal": 1, "sagittal": 0}.get(plane.name)
    if position is None or axis is None:
        return ""
    letter = ("L", "P", "S") if position[axis] >= 0 else ("R", "A", "I")
    return f"{letter[axis]} {abs(position[axis]):.1f} mm"


def window_line(scene: Scene) -> str:
    return f"W {number(scene.window.width)}  L {number(scene.window.centre)}"


def zoom_percent(placement: Placement) -> int:
    return round(100 * placement.width)


def probe_line(scene: Scene, voxel: Voxel) -> str:
    """The value under the mouse, with its unit and where it is: "−832 HU  (x 210, y 133, z 57)"."""
    value = scene.value(voxel)
    said = " ".join(map(str, value)) if isinstance(value, tuple) else number(value)
    unit = f" {scene.unit}" if scene.unit else ""
    return f"{said}{unit}  x {voxel[2] + 1}  y {voxel[1] + 1}  z {voxel[0] + 1}"


def matrix_line(plane: Plane, known_size: bool) -> str:
    """Pixels and their size: "512×512 · 0.70 mm"."""
    size = f"{plane.shape[1]}×{plane.shape[0]}"
    if not known_size:
        return size
    height, width = plane.pixel_mm
    same = abs(height - width) < 0.005 * width
    return f"{size} · {width:.2f} mm" if same else f"{size} · {width:.2f} × {height:.2f} mm"
