"""A small convolutional net that marks lines of print, also over speckle, where no rule on single glyphs holds.

Its 14,000 weights (`print_net.json`) were learnt from pictures made by code alone, and are written anew by
`resources/setup/print_net.py`. The arithmetic is plain numpy, so that looking for text needs no torch.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from scipy import ndimage

from medstation.api import Json

AROUND = 15
"""Pixels on a side of the surroundings that a pixel is compared with."""
BAND, OVERLAP = 256, 48
"""Rows worked on at a time, and rows beyond them that can change what is said of them."""
AT_ONCE = 4096
"""Pixels convolved at a time."""


@dataclass(frozen=True)
class Layer:
    """A convolution: `weights` (out, taps x in) float32 and `bias` (out); the 3 x 3 taps, or the only one, stand
    `apart` (down, across).
    """

    weights: np.ndarray
    bias: np.ndarray
    apart: tuple[int, int]
    taps: int


def print_likelihood(picture: np.ndarray) -> np.ndarray:
    """How likely print is at each pixel of `picture` (y, x; 0 to 255), at half its size (y / 2, x / 2), 0 to 1."""
    rows, columns = (length + length % 2 for length in picture.shape)
    even = np.pad(picture, ((0, rows - picture.shape[0]), (0, columns - picture.shape[1])), mode="edge")
    shown, layers, halved_after = seen(even), *_net()
    found = np.empty((rows // 2, columns // 2), np.float32)
    for top in range(0, rows, BAND):
        start = max(0, top - OVERLAP)
        band = _run(shown[:, start : min(rows, top + BAND + OVERLAP)], layers, halved_after)
        height = min(BAND, rows - top) // 2
        found[top // 2 : top // 2 + height] = band[(top - start) // 2 : (top - start) // 2 + height]
    return found


def seen(picture: np.ndarray) -> np.ndarray:
    """What the net is given (2, y, x) float32: brightness from 0 to 1, and how far it is from its surroundings."""
    grey = picture.astype(np.float32) / 255
    mean = ndimage.uniform_filter(grey, AROUND, mode="nearest")
    spread = np.sqrt(np.maximum(ndimage.uniform_filter(grey * grey, AROUND, mode="nearest") - mean * mean, 0))
    return np.stack((grey, (grey - mean) / (spread + 0.05))).astype(np.float32)


def _run(shown: np.ndarray, layers: Sequence[Layer], halved_after: int) -> np.ndarray:
    for number, layer in enumerate(layers[:-1], 1):
        shown = np.maximum(_convolved(shown, layer), 0)
        if number == halved_after:
            shown = np.maximum.reduce([shown[:, down::2, across::2] for down in (0, 1) for across in (0, 1)])
    return np.asarray(1 / (1 + np.exp(-_convolved(shown, layers[-1])[0])))


def _convolved(shown: np.ndarray, layer: Layer) -> np.ndarray:
    """Some rows at a time, few enough for the processor's cache. Zeros stand outside of the picture."""
    _, rows, columns = shown.shape
    down, across = layer.apart
    wide = np.pad(shown, ((0, 0), (down, down), (across, across)))
    found = np.empty((len(layer.bias), rows, columns), np.float32)
    step = max(1, AT_ONCE // columns)
    for top in range(0, rows, step):
        height = min(step, rows - top)
        places = ((top + tap // 3 * down, tap % 3 * across) for tap in range(layer.taps))
        taps = np.stack([wide[:, row : row + height, left : left + columns] for row, left in places])
        values = layer.weights @ taps.reshape(layer.weights.shape[1], -1) + layer.bias[:, None]
        found[:, top : top + height] = values.reshape(-1, height, columns)
    return found


@cache
def _net() -> tuple[tuple[Layer, ...], int]:
    """The layers, and after how many of them the picture is halved."""
    packed = json.loads((files("medstation_imaging.deid") / "print_net.json").read_text(encoding="utf-8"))
    return tuple(_layer(one) for one in packed["layers"]), int(packed["halved_after"])


def _layer(packed: Json) -> Layer:
    out, into, tall, wide = packed["shape"]
    taps = tall * wide
    whole = np.frombuffer(base64.b85decode(packed["weights"]), np.int8).reshape(out, into, taps)
    weights = whole.transpose(0, 2, 1).reshape(out, taps * into) * np.float32(packed["scale"])
    down, across = packed["apart"]
    return Layer(np.ascontiguousarray(weights), np.asarray(packed["bias"], np.float32), (down, across), taps)
