"""Enlarging grey pictures smoothly, only where they are seen. No Qt here.

Qt's own smooth drawing of 8-bit grey takes 2.5 times the processor time and spreads it over threads, which a running
fine-tuning keeps busy; this is bilinear in whole numbers, in buffers that are used again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medstation.widgets.camera import Placement
from medstation.widgets.colourmap import Grey

BITS = 7
"""Weights are n / 128, so that the difference of two grey levels times a weight fits into 16 bits."""


@dataclass(frozen=True)
class Enlarged:
    """Pixels for the screen, and the screen position of the first."""

    left: int
    top: int
    pixels: Grey


class Stretch:
    """Interpolates along axis 0: `count` lines to those from `start` to `stop` of a picture `scale` times as tall."""

    def __init__(self, count: int, breadth: int, start: int, stop: int, origin: float, scale: float) -> None:
        at = (np.arange(start, stop) + 0.5 - origin) / scale - 0.5
        self._line = np.clip(np.floor(at).astype(np.intp), 0, count - 1)
        weight = np.rint(np.clip(at - self._line, 0, 1) * (1 << BITS))
        self._weight = weight.astype(np.int16)[:, None]
        self._from = np.empty((count, breadth), np.int16)
        self._step = np.zeros((count, breadth), np.int16)
        self._low, self._part = np.empty((2, stop - start, breadth), np.int16)
        self._out = np.empty((stop - start, breadth), np.uint8)

    def __call__(self, lines: Grey) -> Grey:
        self._from[...] = lines
        np.subtract(self._from[1:], self._from[:-1], out=self._step[:-1])
        np.take(self._from, self._line, axis=0, out=self._low, mode="clip")
        np.take(self._step, self._line, axis=0, out=self._part, mode="clip")
        np.multiply(self._part, self._weight, out=self._part)
        np.right_shift(self._part, BITS, out=self._part)
        np.add(self._low, self._part, out=self._out, casting="unsafe")
        return self._out


class Enlarger:
    """Keeps tables and buffers for one placement after another."""

    def __init__(self) -> None:
        self._made_for: tuple[object, ...] = ()
        self._down: Stretch | None = None
        self._across: Stretch | None = None
        self._corner = (0, 0)
        self._turned, self._upright = np.zeros((0, 0), np.uint8), np.zeros((0, 0), np.uint8)

    def enlarge(self, pixels: Grey, placement: Placement, room: tuple[int, int]) -> Enlarged | None:
        """The part of `pixels` (rows, columns) that is seen in `room` (width, height) at `placement`, in screen pixels.

        The result's pixels are written over by the next call. None when nothing is seen.
        """
        wanted = (pixels.shape, placement, room)
        if wanted != self._made_for:
            self._prepare((pixels.shape[0], pixels.shape[1]), placement, room)
            self._made_for = wanted
        if self._down is None or self._across is None:
            return None
        # Columns first, on a turned copy: gathering whole lines is what memory likes.
        np.copyto(self._turned, pixels.T)
        np.copyto(self._upright, self._across(self._turned).T)
        return Enlarged(*self._corner, self._down(self._upright))

    def _prepare(self, shape: tuple[int, int], placement: Placement, room: tuple[int, int]) -> None:
        left, right = visible(placement.left, shape[1] * placement.width, room[0])
        top, bottom = visible(placement.top, shape[0] * placement.height, room[1])
        self._corner = (left, top)
        self._down = self._across = None
        if right > left and bottom > top:
            self._across = Stretch(shape[1], shape[0], left, right, placement.left, placement.width)
            self._down = Stretch(shape[0], right - left, top, bottom, placement.top, placement.height)
            self._turned = np.empty((shape[1], shape[0]), np.uint8)
            self._upright = np.empty((shape[0], right - left), np.uint8)


def visible(origin: float, length: float, room: int) -> tuple[int, int]:
    """First and last + 1 screen pixel of a span that are seen: those whose centres it covers."""
    return max(math.floor(origin + 0.5), 0), min(math.floor(origin + length + 0.5), room)


def scaled(placement: Placement, ratio: float) -> Placement:
    """The placement in a screen's own pixels, `ratio` of them to a logical one."""
    return Placement(*(value * ratio for value in (placement.left, placement.top, placement.width, placement.height)))


def is_enlarged(pixels: NDArray[np.uint8], placement: Placement) -> bool:
    """True where bilinear sampling is right: grey, and not made much smaller."""
    return pixels.ndim == 2 and min(placement.width, placement.height) > 0.8
