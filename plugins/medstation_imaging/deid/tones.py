"""Print has one tone: the brightness values that a picture holds conspicuously often, and the pixels that have them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import ndimage

MOST = 5
"""Tones looked at in one picture."""
APART = 50
"""How far print is from the middle of all values."""
BELOW = (2, 18)
"""How far below its tone a pixel of print may be: drawn hard, and drawn with softened edges."""


def tone_pictures(picture: np.ndarray) -> Iterator[np.ndarray]:
    """For each conspicuous tone, pictures (y, x) of 255 where `picture` (0 to 255) has it and 0 elsewhere."""
    steps = np.rint(picture).astype(np.int16)
    ground = float(np.median(steps))
    for tone in conspicuous(np.bincount(steps.ravel(), minlength=256)[:256]):
        if abs(tone - ground) < APART:
            continue
        for below in BELOW:
            here = (steps >= tone - below) & (steps <= tone + 2)
            closed = here if below > BELOW[0] else ndimage.binary_closing(here, structure=np.ones((2, 2), bool))
            yield np.where(closed, np.float32(255), np.float32(0))


def conspicuous(counts: np.ndarray) -> list[int]:
    """Values held much more often than their neighbours are; the ground itself (a tenth of all pixels) is none."""
    evened = np.convolve(counts, np.ones(3) / 3, mode="same")  # stretched values leave combs of empty and double steps
    padded = np.pad(evened, 6, mode="reflect")
    around = np.median(np.lib.stride_tricks.sliding_window_view(padded, 13), axis=1)
    excess = evened - around
    fits = (excess > 30) & (evened > 1.5 * around) & (counts < 0.1 * counts.sum())
    best = np.flatnonzero(fits)
    return [int(tone) for tone in best[np.argsort(-excess[best])][:MOST]]
