"""Small pictures of records for lists."""

from __future__ import annotations

import struct
import zlib

import numpy as np

from medstation.api import BadInput, FileSource, Record, Refused
from medstation_imaging import windows
from medstation_imaging.volume import middle

SIDE = 96


def thumbnail(record: Record, files: FileSource) -> bytes | None:
    """The middle image with its window as a PNG of at most 96 x 96 pixels; None for documents."""
    if record.kind not in ("volume", "images"):
        return None
    try:
        image, aspect = middle(record, files)
    except (BadInput, Refused):  # the record says so when it is opened; a list can do without the picture
        return None
    if image.ndim == 2:
        modality = record.meta.get("modality", "")
        window = windows.default(modality, record.meta.get("window"), image)
        image = windows.apply(image, window, record.meta.get("photometric") == "MONOCHROME1")
    return png(shrink(image, aspect))


def shrink(image: np.ndarray, aspect: float = 1.0) -> np.ndarray:
    """uint8 (y, x[, 3]) at most 96 pixels high and wide, by the mean of the pixels that fall together."""
    height, width = image.shape[0] * aspect, image.shape[1]
    scale = min(1.0, SIDE / max(height, width))
    rows, columns = max(1, round(height * scale)), max(1, round(width * scale))
    for axis, count in ((0, min(rows, SIDE)), (1, min(columns, SIDE))):
        image = _mean_along(image, axis, count)
    small: np.ndarray = np.rint(image).astype(np.uint8)
    return small


def _mean_along(image: np.ndarray, axis: int, count: int) -> np.ndarray:
    length = image.shape[axis]
    if count >= length:
        return np.asarray(np.take(image, np.arange(count) * length // count, axis), np.float32)
    edges = np.arange(count + 1) * length // count
    sums = np.add.reduceat(image.astype(np.float32), edges[:-1], axis)
    weights = np.diff(edges).astype(np.float32)
    return np.asarray(sums / weights.reshape([-1 if number == axis else 1 for number in range(image.ndim)]))


def png(image: np.ndarray) -> bytes:
    """PNG (RFC 2083) of grey uint8 (y, x) or RGB uint8 (y, x, 3)."""
    rows, columns = image.shape[:2]
    lines = np.zeros((rows, 1 + image[0].size), np.uint8)  # every line begins with its filter: none
    lines[:, 1:] = image.reshape(rows, -1)
    header = struct.pack(">IIBBBBB", columns, rows, 8, 2 if image.ndim == 3 else 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes(), 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )
