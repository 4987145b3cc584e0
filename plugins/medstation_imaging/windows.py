"""Display windows: [centre, width] in the image's units."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from medstation.api import Json


def presets(own: Sequence[float] | None, array: np.ndarray) -> list[Json]:
    """Named windows that come from the record itself; those of the field are the view's."""
    whole = whole_range(array)
    found: list[Json] = [{"name": "As stored", "centre": float(own[0]), "width": float(own[1])}] if own else []
    return [*found, {"name": "Whole range", "centre": whole[0], "width": whole[1]}]


def whole_range(array: np.ndarray) -> list[float]:
    """The window that shows every value. NaN and infinite values are left out."""
    sample = array[np.isfinite(array)] if array.dtype.kind == "f" else array
    low, high = (float(sample.min()), float(sample.max())) if sample.size else (0.0, 0.0)
    return [(low + high) / 2, max(high - low, 1e-6 if array.dtype.kind == "f" else 1.0)]


def from_values(array: np.ndarray) -> list[float]:
    """A window from the 1st to the 99.5th percentile of a sample of the values."""
    flat = array.reshape(-1)
    sample = flat[:: max(1, flat.size // 200_000)]
    if sample.dtype.kind == "f":
        sample = sample[np.isfinite(sample)]
    if not sample.size:
        return [0.5, 1.0]
    low, high = (float(value) for value in np.percentile(sample, (1.0, 99.5)))
    if high <= low:
        return whole_range(array)
    return [(low + high) / 2, high - low]


def default(modality: str, own: Sequence[float] | None, array: np.ndarray) -> list[float]:
    """The window to begin with: the file's own, soft tissue for CT, else one from the values."""
    if own:
        return [float(own[0]), float(own[1])]
    return [40.0, 400.0] if modality == "CT" else from_values(array)


def apply(image: np.ndarray, window: Sequence[float], invert: bool = False) -> np.ndarray:
    """Grey values uint8 of a (y, x) image through a linear window (PS3.3 C.11.2.1.2, without its half-pixel shifts)."""
    centre, width = float(window[0]), max(float(window[1]), 1e-6)
    grey = np.clip((np.nan_to_num(image.astype(np.float32)) - (centre - width / 2)) * (255.0 / width), 0, 255)
    shown: np.ndarray = np.rint(255.0 - grey if invert else grey).astype(np.uint8)
    return shown
