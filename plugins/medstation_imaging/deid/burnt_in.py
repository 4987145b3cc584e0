"""Where a picture holds print: by what is known of its kind, and by the looks of text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydicom.dataset import Dataset

from medstation_imaging.deid.boxes import Box, merged
from medstation_imaging.deid.picture import Picture
from medstation_imaging.deid.print_lines import find_print
from medstation_imaging.deid.regions import ink_outside, scan_regions
from medstation_imaging.deid.text_finder import find_text


def print_in(dataset: Dataset, picture: Picture) -> list[Box]:
    """Boxes of burnt-in text, and of all that stands outside of an ultrasound picture's regions."""
    shown = list(picture.shown())
    boxes = looks_like_print(shown)
    if regions := scan_regions(dataset):
        for one in shown:
            boxes += ink_outside(one, regions)
    return merged(boxes)


def looks_like_print(pictures: Sequence[np.ndarray]) -> list[Box]:
    """Boxes around print in any of `pictures` (y, x), 0 to 255: by its glyphs, and by what the net has learnt."""
    return merged([box for one in pictures for box in find_print(one, find_text([one]))])
