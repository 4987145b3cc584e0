"""Known regions: outside of an ultrasound picture's own regions everything that is drawn is print, ruler or logo."""

from __future__ import annotations

import numpy as np
from pydicom.dataset import Dataset
from scipy import ndimage

from medstation_imaging.deid.boxes import Box, mask_of, merged

INK = 24.0
"""How much brighter or darker than its ground (of 255) something outside of the regions has to be."""


def scan_regions(dataset: Dataset) -> list[Box]:
    """Where the object says that its picture is (PS3.3 C.8.5.5.1), end exclusive."""
    found = []
    for item in dataset.get("SequenceOfUltrasoundRegions") or ():
        edges = [item.get(f"RegionLocation{name}") for name in ("MinX0", "MinY0", "MaxX1", "MaxY1")]
        if all(isinstance(edge, int) and edge >= 0 for edge in edges):
            left, top, right, bottom = (int(edge) for edge in edges)
            if right > left and bottom > top:
                found.append(Box(left, top, right + 1, bottom + 1))
    return found


def ink_outside(picture: np.ndarray, regions: list[Box]) -> list[Box]:
    """Boxes around all that is drawn in `picture` (rows, columns; 0 to 255) outside of `regions`."""
    outside = ~mask_of(regions, (picture.shape[0], picture.shape[1]))
    if not outside.any():
        return []
    ground = float(np.median(picture[outside]))
    ink = outside & (np.abs(picture - ground) > INK)
    joined = ndimage.binary_dilation(ink, structure=np.ones((3, 9), bool)) & outside
    labels, _ = ndimage.label(joined, structure=np.ones((3, 3), bool))
    found = [Box(across.start, down.start, across.stop, down.stop) for down, across in ndimage.find_objects(labels)]
    return merged(found)
