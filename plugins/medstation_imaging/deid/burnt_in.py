"""Where a picture holds print: by what is known of its kind, and by the looks of text."""

from __future__ import annotations

from pydicom.dataset import Dataset

from medstation_imaging.deid.boxes import Box, merged
from medstation_imaging.deid.picture import Picture
from medstation_imaging.deid.regions import ink_outside, scan_regions
from medstation_imaging.deid.text_finder import find_text


def print_in(dataset: Dataset, picture: Picture) -> list[Box]:
    """Boxes of burnt-in text, and of all that stands outside of an ultrasound picture's regions."""
    shown = list(picture.shown())
    boxes = find_text(shown)
    if regions := scan_regions(dataset):
        for one in shown:
            boxes += ink_outside(one, regions)
    return merged(boxes)
