"""Lines of print where the net (`print_net`) sees them, in pictures of any size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from medstation_imaging.deid.boxes import Box, merged
from medstation_imaging.deid.print_net import print_likelihood
from medstation_imaging.deid.text_finder import shrunk

LARGEST = 1600
"""Pictures larger than this many pixels on a side are looked at at a half, a third, … of their size."""
SURE, LIKELY = 0.8, 0.35
"""A line reaches as far as print is likely, and somewhere in it print is sure."""
LOWEST, TALLEST, NARROWEST, LONGER = 6, 40, 12, 1.2
"""Rows that a line has at least and at most, columns at least, and how much wider than tall it is."""
BESIDE = 6
"""Columns between pieces of one line, of two pixels each."""
MARGIN = 3
DOUBT = 0.5
"""How likely print has to be somewhere in a box over speckle."""


ROUGH = 8.0
"""Steps of 255 between neighbours, for the middle one of all pixels, from which a ground is speckle and not flat."""


def find_print(picture: np.ndarray, by_glyphs: Sequence[Box]) -> list[Box]:
    """Boxes (columns and rows, end exclusive) around lines of print in `picture` (y, x; 0 to 255).

    Finds print of 8 to 25 rows. `by_glyphs` are boxes that its glyphs gave: they stay, but for those over speckle in
    which the net sees nothing like print, since speckle makes rows of glyphs by chance.
    """
    rows, columns = picture.shape
    times = max(1, -(-max(rows, columns) // LARGEST))
    likelihood = print_likelihood(shrunk(picture, times))
    found = [box.enlarged(times, columns, rows).grown(MARGIN * times, columns, rows) for box in lines_in(likelihood)]
    return merged([*found, *(box for box in by_glyphs if not _by_chance(box, picture, likelihood, times))])


def _by_chance(box: Box, picture: np.ndarray, likelihood: np.ndarray, times: int) -> bool:
    if box.bottom - box.top > TALLEST * times:
        return False
    inside = picture[box.slices]
    rough = float(np.median(np.abs(np.diff(inside, axis=1)))) if inside.shape[1] > 1 else 0.0
    half = 2 * times
    seen = likelihood[box.top // half : -(-box.bottom // half), box.left // half : -(-box.right // half)]
    return rough > ROUGH and bool(seen.max(initial=0.0) < DOUBT)


def lines_in(likelihood: np.ndarray) -> list[Box]:
    """Boxes in pixels of the picture whose likelihood (y / 2, x / 2) this is."""
    firm = ndimage.binary_opening(likelihood > LIKELY, np.ones((2, 3), bool))
    joined = ndimage.binary_closing(np.pad(firm, BESIDE), np.ones((1, BESIDE + 1), bool))
    labels, count = ndimage.label(joined[BESIDE:-BESIDE, BESIDE:-BESIDE])
    surest = ndimage.maximum(likelihood, labels, np.arange(1, count + 1)) if count else ()
    found = []
    for (down, across), best in zip(ndimage.find_objects(labels), surest, strict=True):
        box = Box(2 * across.start, 2 * down.start, 2 * across.stop, 2 * down.stop)
        tall, wide = box.bottom - box.top, box.right - box.left
        if best >= SURE and LOWEST <= tall <= TALLEST and wide >= max(NARROWEST, LONGER * tall):
            found.append(box)
    return found
