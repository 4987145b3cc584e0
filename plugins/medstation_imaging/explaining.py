"""Stills of what a network saw in a series: warm colours speak for its answer, cold ones against it."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import gaussian_filter

from medstation.api import Explained, FileSource, Record
from medstation_imaging.cases import geometry_of
from medstation_imaging.picture import WIDTH, plane_picture, quiet, sheet, window_of
from medstation_imaging.preprocessing import Turn, resized, turn_of
from medstation_imaging.volume import load

FOR, AGAINST = np.array((255, 140, 40), np.float32), np.array((70, 150, 255), np.float32)
STRONGEST = 0.75
"""How much of a pixel the strongest colour takes."""
FAINT = 0.08
"""Values below this share of the largest one are not drawn."""
SMOOTH = 1.0
"""Deviation in the network's voxels: gradients are grainy where a network halves its resolution."""
BAR = 34


def picture(record: Record, files: FileSource, explained: Explained) -> bytes:
    """The slice of a flat image, or three planes through the strongest place of a volume, with the colours' meaning."""
    volume = load(record, files, quiet)
    array = volume.array
    heat = in_record(record, array.shape[:3], explained)
    low, high = window_of(record, array)
    spacing = np.asarray(volume.spacing or (1.0, 1.0, 1.0), float)
    scale = WIDTH / (array.shape[2] * spacing[2])
    middle = _strongest(heat)
    flat = len(explained.config.get("shape", (0, 0, 0))) == 2 or array.shape[0] == 1
    panels = [
        tinted(plane_picture(array, axis, middle[axis], spacing, scale, low, high), _plane(heat, axis, middle[axis]))
        for axis in (range(1) if flat else range(3))
    ]
    out = BytesIO()
    _captioned(panels[0] if flat else sheet(*panels), explained.target).save(out, format="PNG")
    return out.getvalue()


def in_record(record: Record, shape: Sequence[int], explained: Explained) -> np.ndarray:
    """The values in the record's own grid (z, y, x) of `shape`, float32, scaled so that the largest is 1."""
    values = gaussian_filter(np.nan_to_num(explained.values["image"][0, 0]), SMOOTH)
    turn = turn_of(geometry_of(record)["affine"]) if record.meta.get("volume") else Turn()
    if "corner" in explained.place:
        values = _placed(values, explained.place["corner"], explained.place["shape"])
    if values.ndim == 2:
        heat = np.zeros(tuple(shape), np.float32)
        heat[shape[0] // 2] = resized(values[None], [1, *shape[1:]])[0]
    else:
        heat = turn.undo(resized(values, [shape[axis] for axis in turn.axes]))
    largest = float(np.quantile(np.abs(heat[heat != 0]), 0.99)) if heat.any() else 1.0
    return np.asarray(np.clip(heat / max(largest, 1e-12), -1, 1), np.float32)


def _placed(values: np.ndarray, corner: Sequence[int], shape: Sequence[int]) -> np.ndarray:
    """A patch's values in the whole grid; what lay outside of it is cut off."""
    whole = np.zeros(tuple(shape), np.float32)
    there = tuple(slice(max(at, 0), at + size) for at, size in zip(corner, values.shape, strict=True))
    target = whole[there]
    from_ = tuple(slice(max(-at, 0), max(-at, 0) + size) for at, size in zip(corner, target.shape, strict=True))
    target[...] = values[from_]
    return whole


def _strongest(heat: np.ndarray) -> tuple[int, int, int]:
    """The slice of each axis with the most of what speaks for the answer."""
    positive = np.maximum(heat, 0)
    z, y, x = (int(np.argmax(positive.sum(axis=tuple({0, 1, 2} - {axis})))) for axis in range(3))
    return z, y, x


def _plane(heat: np.ndarray, axis: int, index: int) -> np.ndarray:
    plane = np.take(heat, index, axis=axis)
    return np.asarray(plane if axis == 0 else plane[::-1])


def tinted(image: Image.Image, heat: np.ndarray) -> Image.Image:
    """`image` with `heat` (rows, columns) from -1 to 1 over it, stretched to its size."""
    values = np.ascontiguousarray(heat, np.float32)
    wide = np.asarray(Image.fromarray(values).resize(image.size, Image.Resampling.BILINEAR))
    strength = np.clip((np.abs(wide) - FAINT) / (1 - FAINT), 0, 1)[..., None] ** 0.7 * STRONGEST
    colour = np.where(wide[..., None] > 0, FOR, AGAINST)
    return Image.fromarray((np.asarray(image, np.float32) * (1 - strength) + colour * strength).astype(np.uint8))


def _captioned(image: Image.Image, target: str) -> Image.Image:
    """A line below that says what the colours mean."""
    whole = Image.new("RGB", (image.width, image.height + BAR))
    whole.paste(image, (0, 0))
    pen, font, x = ImageDraw.Draw(whole), ImageFont.load_default(15), 10.0
    for colour, words in ((FOR, f"speaks for “{target}”"), (AGAINST, "against")):
        pen.rectangle((x, image.height + 11, x + 12, image.height + 23), fill=tuple(int(one) for one in colour))
        pen.text((x + 19, image.height + 8), words, font=font, fill=(214, 220, 228))
        x += 19 + font.getlength(words) + 26
    return whole
