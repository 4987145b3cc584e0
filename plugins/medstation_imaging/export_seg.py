"""A mask as DICOM SEG, bound to the record's original DICOM images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset

from medstation.api import BadInput, ExportItem, FileSource, Record, must_be_new, new_file
from medstation_imaging import masks, seg_build, source_headers
from medstation_imaging.grids import Grid, fit
from medstation_imaging.seg_sources import is_multiframe

USE_NIFTI = "Export it as NIfTI."


def write_seg(item: ExportItem, files: FileSource, out: Path) -> list[Path]:
    """`out` as a DICOM SEG of type BINARY; the algorithm is named for a model's mask, a person's is MANUAL."""
    must_be_new(out)
    record = item.record
    if item.payload is None or item.kind != "mask":
        raise BadInput(f"{record.title!r} without a mask cannot be a DICOM SEG.", "Export one of its masks.")
    mask, names = masks.decode(item.payload)
    if not names:
        raise BadInput(f"The mask of {record.title!r} has no segments, and a DICOM SEG needs one.", USE_NIFTI)
    sources = _sources(record, files)
    grid = Grid.of_record(record.meta["volume"])
    if mask.shape != grid.shape[::-1]:
        raise BadInput(f"The mask of {record.title!r} has {mask.shape} voxels, its volume {grid.shape[::-1]}.")
    origin = seg_build.Origin(item.author, item.model)
    try:
        frames = np.stack([_frame(mask, grid, plane, record) for plane in _planes(sources)])
        distance = float(record.meta["volume"]["spacing"][0])
        segmentation = seg_build.build(sources, frames, names, origin, distance)
    except (ValueError, AttributeError, TypeError, KeyError) as error:
        message = f"A DICOM SEG cannot be bound to the images of {record.title!r}: {error}"
        raise BadInput(message, USE_NIFTI) from error
    with new_file(out) as file:
        segmentation.save_as(file)
    return [out]


def _sources(record: Record, files: FileSource) -> list[Dataset]:
    """The headers to bind to: one per slice, or the single one of a multi-frame image."""
    if files.facts(0).get("format") == "nifti" or not record.meta.get("series"):
        raise BadInput(f"{record.title!r} did not come from DICOM images, which a DICOM SEG refers to.", USE_NIFTI)
    if "volume" not in record.meta:
        raise BadInput(f"{record.title!r} is not a volume; its slices make no regular grid.", "Export another record.")
    headers = [source_headers.header(files, index) for index in range(len(files))]
    enhanced = [is_multiframe(header) for header in headers]
    if any(enhanced) and len(headers) > 1:
        message = (
            f"{record.title!r} is spread over {len(headers)} multi-frame files, which one DICOM SEG cannot refer to."
        )
        raise BadInput(message, USE_NIFTI)
    if not any(enhanced) and len(headers) != record.meta["volume"]["shape"][0]:
        raise BadInput(f"{record.title!r} has several images in one file of an old kind.", USE_NIFTI)
    if "FrameOfReferenceUID" not in headers[0]:
        raise BadInput(f"The images of {record.title!r} have no frame of reference.", USE_NIFTI)
    return headers


def _planes(sources: Sequence[Dataset]) -> list[Grid]:
    """Where each image lies."""
    if not is_multiframe(sources[0]):
        return [_plane(source, source, source, source) for source in sources]
    source = sources[0]
    shared = source.SharedFunctionalGroupsSequence[0]
    planes = []
    for own in source.PerFrameFunctionalGroupsSequence:
        names = ("PlanePositionSequence", "PlaneOrientationSequence", "PixelMeasuresSequence")
        groups = [(own if name in own else shared)[name][0] for name in names]
        planes.append(_plane(source, *groups))
    return planes


def _plane(image: Any, place: Any, direction: Any, measures: Any) -> Grid:
    position = [float(value) for value in place.ImagePositionPatient]
    orientation = [float(value) for value in direction.ImageOrientationPatient]
    spacing = [float(value) for value in measures.PixelSpacing]
    return Grid.of_plane(position, orientation, spacing, (int(image.Rows), int(image.Columns)))


def _frame(mask: np.ndarray, grid: Grid, plane: Grid, record: Record) -> np.ndarray:
    """The mask's part on one image, (rows, columns)."""
    place = fit(plane, grid)
    if place is None:
        message = f"An image of {record.title!r} does not lie on the record's grid: {plane.text()}; {grid.text()}."
        raise BadInput(message, USE_NIFTI)
    return place.view(mask)[:, :, 0].T
