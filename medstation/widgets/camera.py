"""Zoom and pan of one viewport, and where that puts the image's pixels on screen. No Qt here."""

from __future__ import annotations

from dataclasses import dataclass, replace

CLOSEST, FARTHEST = 40.0, 0.2


@dataclass(frozen=True)
class Camera:
    """`zoom` 1 fits the plane into the viewport; `pan` is how far it is moved (right, down) in mm."""

    zoom: float = 1.0
    pan: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class Placement:
    """Screen position = `left` + column * `width`, `top` + row * `height` (in widget pixels)."""

    left: float
    top: float
    width: float
    height: float

    def to_screen(self, row: float, column: float) -> tuple[float, float]:
        return self.left + column * self.width, self.top + row * self.height

    def to_plane(self, x: float, y: float) -> tuple[float, float]:
        """(row, column) under a point of the screen."""
        return (y - self.top) / self.height, (x - self.left) / self.width


def place(camera: Camera, shape: tuple[int, int], pixel_mm: tuple[float, float], room: tuple[int, int]) -> Placement:
    """`shape` (rows, columns) of pixels of `pixel_mm` (height, width) in a viewport of `room` (width, height)."""
    tall, wide = shape[0] * pixel_mm[0], shape[1] * pixel_mm[1]
    per_mm = camera.zoom * min(max(room[0], 1) / wide, max(room[1], 1) / tall)
    left = room[0] / 2 + (camera.pan[0] - wide / 2) * per_mm
    top = room[1] / 2 + (camera.pan[1] - tall / 2) * per_mm
    return Placement(left, top, pixel_mm[1] * per_mm, pixel_mm[0] * per_mm)


def panned(camera: Camera, moved: tuple[float, float], per_mm: float) -> Camera:
    """The camera after the image was dragged by `moved` screen pixels."""
    return replace(camera, pan=(camera.pan[0] + moved[0] / per_mm, camera.pan[1] + moved[1] / per_mm))


def zoomed(camera: Camera, factor: float, anchor: tuple[float, float], per_mm: float) -> Camera:
    """The camera after zooming by `factor` so that the point `anchor` (screen pixels from the centre) stays put."""
    zoom = min(max(camera.zoom * factor, FARTHEST), CLOSEST)
    gain = 1 - zoom / camera.zoom
    new_per_mm = per_mm * zoom / camera.zoom
    # Distance of the anchor to the image's centre, in screen pixels, is kept in mm: solve for the new pan.
    moved = tuple((anchor[i] - camera.pan[i] * per_mm) * gain for i in (0, 1))
    pan = tuple((camera.pan[i] * per_mm + moved[i]) / new_per_mm for i in (0, 1))
    return Camera(zoom, (pan[0], pan[1]))
