"""A still picture of a series for reports: three planes through a mask (or the middle), without Qt."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from PIL import Image

from medstation.api import FileSource, Record
from medstation_imaging import masks
from medstation_imaging.volume import load

COLOURS = ((255, 148, 77), (120, 200, 255), (178, 132, 255), (120, 220, 150), (255, 214, 90), (255, 120, 150))
WIDTH = 560
"""Pixels of the axial plane; the other planes have the same millimetres per pixel."""
GAP = 6


def picture(record: Record, files: FileSource, kind: str, payload: bytes | None) -> bytes:
    """Axial plane, coronal and sagittal beside it on the same scale; a "mask" payload is drawn on them. PNG bytes."""
    volume = load(record, files, quiet)
    mask = masks.decode(payload)[0] if payload is not None and kind == "mask" else None
    centre = _centre(mask, volume.array.shape[:3])
    low, high = window_of(record, volume.array)
    spacing = np.asarray(volume.spacing or (1.0, 1.0, 1.0), float)
    scale = WIDTH / (volume.array.shape[2] * spacing[2])
    panels = [_panel(volume.array, mask, axis, centre[axis], spacing, scale, low, high) for axis in range(3)]
    out = BytesIO()
    sheet(*panels).save(out, format="PNG")
    return out.getvalue()


def quiet(done: float, text: str) -> None:
    """A picture is made too quickly to report on."""


def _centre(mask: np.ndarray | None, shape: tuple[int, ...]) -> tuple[int, int, int]:
    """The slice of each axis that shows most of the mask, else the middle one."""
    if mask is None or not mask.any():
        return shape[0] // 2, shape[1] // 2, shape[2] // 2
    z, y, x = (int(np.argmax(mask.astype(bool).sum(axis=tuple({0, 1, 2} - {axis})))) for axis in range(3))
    return z, y, x


def window_of(record: Record, array: np.ndarray) -> tuple[float, float]:
    """The values that are drawn black and white: the record's own window, or nearly all that there are."""
    window = record.meta.get("window")
    if window:
        return float(window[0]) - float(window[1]) / 2, float(window[0]) + float(window[1]) / 2
    low, high = np.percentile(array[:: max(1, array.shape[0] // 16)], (1, 99))
    return float(low), float(max(high, low + 1))


def _panel(
    array: np.ndarray,
    mask: np.ndarray | None,
    axis: int,
    index: int,
    spacing: np.ndarray,
    scale: float,
    low: float,
    high: float,
) -> Image.Image:
    picture = plane_picture(array, axis, index, spacing, scale, low, high)
    if mask is None:
        return picture
    cut = np.take(mask, index, axis=axis)
    cut = np.ascontiguousarray(cut if axis == 0 else cut[::-1])
    overlay = np.asarray(Image.fromarray(cut).resize(picture.size, Image.Resampling.NEAREST))
    return Image.fromarray(_paint(np.asarray(picture).copy(), overlay))


def plane_picture(
    array: np.ndarray, axis: int, index: int, spacing: np.ndarray, scale: float, low: float, high: float
) -> Image.Image:
    """A plane across `axis` in pixels of 1 / `scale` mm; `low` is black, `high` white. The head is up."""
    plane = np.take(array, index, axis=axis).astype(np.float32)
    grey = (np.clip((plane - low) / (high - low), 0, 1) * 255).astype(np.uint8)
    rgb = grey if grey.ndim == 3 else np.repeat(grey[..., None], 3, axis=2)
    down, across = np.delete(spacing, axis)
    if axis != 0:  # z runs to the head
        rgb = rgb[::-1]
    size = (max(1, round(grey.shape[1] * across * scale)), max(1, round(grey.shape[0] * down * scale)))
    return Image.fromarray(np.ascontiguousarray(rgb)).resize(size, Image.Resampling.BICUBIC)


def _paint(picture: np.ndarray, overlay: np.ndarray) -> np.ndarray:
    """Each segment filled lightly and outlined fully in its colour."""
    for value in np.unique(overlay[overlay > 0]):
        colour = np.asarray(COLOURS[(int(value) - 1) % len(COLOURS)], np.float32)
        inside = overlay == value
        edge = inside & ~_eroded(inside)
        picture[inside] = (0.65 * picture[inside] + 0.35 * colour).astype(np.uint8)
        picture[edge] = colour.astype(np.uint8)
    return picture


def _eroded(inside: np.ndarray) -> np.ndarray:
    padded = np.pad(inside, 1)
    eroded: np.ndarray = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return eroded


def sheet(axial: Image.Image, coronal: Image.Image, sagittal: Image.Image) -> Image.Image:
    """The axial plane at left, the two others one above the other at right."""
    width = axial.width + GAP + max(coronal.width, sagittal.width)
    height = max(axial.height, coronal.height + GAP + sagittal.height)
    sheet = Image.new("RGB", (width, height))
    sheet.paste(axial, (0, (height - axial.height) // 2))
    top = (height - coronal.height - GAP - sagittal.height) // 2
    sheet.paste(coronal, (axial.width + GAP, top))
    sheet.paste(sagittal, (axial.width + GAP, top + coronal.height + GAP))
    return sheet
