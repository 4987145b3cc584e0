"""Numbers to grey levels and colours, fast enough for every mouse move. No Qt here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
TABLE_TYPES = {np.dtype(kind) for kind in (np.int8, np.uint8, np.int16, np.uint16)}


@dataclass(frozen=True)
class Window:
    """Which values are spread over black to white, in the unit of the volume."""

    centre: float
    width: float

    def stretched(self, factor: float, shift: float) -> Window:
        """`factor` times as wide and moved by `shift` widths."""
        return Window(self.centre + shift * self.width, max(self.width * factor, 1e-6))


def grey_levels(values: NDArray[np.generic], window: Window, exact: bool = False) -> NDArray[np.float32]:
    """0..255 as DICOM PS3.3 C.11.2.1.2 defines it: LINEAR (for whole numbers), or LINEAR_EXACT."""
    low, span = window_range(window, exact)
    grey: NDArray[np.float32] = np.subtract(values, np.float32(low), dtype=np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        np.multiply(grey, np.float32(255 / span), out=grey)
    np.nan_to_num(grey, copy=False, nan=0.0)
    np.rint(grey, out=grey)
    np.clip(grey, 0, 255, out=grey)
    return grey


def window_range(window: Window, exact: bool) -> tuple[float, float]:
    """The value that becomes black, and how far white is from it."""
    if exact:
        return window.centre - window.width / 2, max(window.width, 1e-6)
    span = max(window.width - 1, 1e-6)
    return window.centre - 0.5 - span / 2, span


class Shader:
    """Turns slices into 8-bit grey with one table look-up; the table is kept until window or sense change."""

    def __init__(self) -> None:
        self._made_for: tuple[np.dtype[np.generic], Window, bool] | None = None
        self._table: Grey = np.zeros(0, np.uint8)

    def shade(self, values: NDArray[np.generic], window: Window, inverted: bool = False) -> Grey:
        """Grey levels, uint8, of the same shape as `values`."""
        if values.dtype not in TABLE_TYPES:
            exact = np.issubdtype(values.dtype, np.floating)
            grey = grey_levels(values, window, exact).astype(np.uint8)
            return np.subtract(255, grey, dtype=np.uint8) if inverted else grey
        wanted = (values.dtype, window, inverted)
        if self._made_for != wanted:
            self._table, self._made_for = table(*wanted), wanted
        unsigned = values.view(f"u{values.itemsize}")
        return np.take(self._table, unsigned, mode="clip")


def table(dtype: np.dtype[np.generic], window: Window, inverted: bool = False) -> Grey:
    """Grey level of every value of an 8 or 16 bit type, indexed by the value's bits read as unsigned."""
    bits = np.arange(1 << (8 * dtype.itemsize), dtype=f"u{dtype.itemsize}")
    grey = grey_levels(bits.view(dtype), window).astype(np.uint8)
    return np.subtract(255, grey, dtype=np.uint8) if inverted else grey


def natural_window(array: NDArray[np.generic], low: float = 1.0, high: float = 99.5, most: int = 400_000) -> Window:
    """A window that fits the values: from the `low` to the `high` percentile of an even sample."""
    if array.dtype == np.uint8:
        return Window(128.0, 256.0)
    sample = np.asarray(array).reshape(-1)[:: max(array.size // most, 1)]
    sample = sample[np.isfinite(sample)]
    if not sample.size:
        return Window(0.5, 1.0)
    bottom, top = (float(value) for value in np.percentile(sample, (low, high)))
    narrowest = 1.0 if np.issubdtype(array.dtype, np.integer) else 1e-3
    return Window((bottom + top) / 2, max(top - bottom, narrowest))


def rgb(colour: str) -> tuple[int, int, int]:
    """`"#rrggbb"` -> (red, green, blue)."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def fill_table(colours: Sequence[str], opacity: float) -> NDArray[np.uint32]:
    """Premultiplied ARGB (0xAARRGGBB) of every mask value 0..255: 0 is clear, n takes `colours[n - 1]`, cyclic."""
    alpha = round(min(max(opacity, 0.0), 1.0) * 255)
    filled = np.zeros(256, np.uint32)
    for value in range(1, 256):
        red, green, blue = (round(part * alpha / 255) for part in rgb(colours[(value - 1) % len(colours)]))
        filled[value] = alpha << 24 | red << 16 | green << 8 | blue
    return filled
