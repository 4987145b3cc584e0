"""DICOM segmentations (SEG) as masks: BINARY, FRACTIONAL and LABELMAP, each frame put where its plane lies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.pixels.utils import iter_pixels

from medstation.api import BadInput, Json
from medstation_imaging import dicom_file
from medstation_imaging.grids import Fit, Grid, fit

SOP_CLASSES = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")
"""Segmentation Storage and Label Map Segmentation Storage."""
MOST_SEGMENTS = 255


@dataclass
class Segments:
    """What was read: `mask` uint8 (z, y, x) with 1..n for `names`, and what the reader should know (`notes`)."""

    mask: np.ndarray
    names: list[str]
    notes: list[str] = field(default_factory=list)


def is_dicom(path: Path) -> bool:
    """Whether the file can be read as DICOM."""
    return _header(path, "SOPClassUID") is not None


def series_of(path: Path) -> str | None:
    """The SeriesInstanceUID of the images a SEG was drawn on; None if it is no SEG or does not say."""
    header = _header(path, "SOPClassUID", "ReferencedSeriesSequence")
    if header is None or str(header.get("SOPClassUID", "")) not in SOP_CLASSES:
        return None
    uids = (str(item.get("SeriesInstanceUID", "")) for item in header.get("ReferencedSeriesSequence", []))
    return next((uid for uid in uids if uid), None)


def _header(path: Path, *keywords: str) -> Any:
    """These elements of a DICOM file; None for whatever cannot be read as DICOM."""
    try:
        return dicom_file.read(path, specific_tags=list(keywords), stop_before_pixels=True)
    except Exception:  # a stranger's bytes: pydicom raises many kinds
        return None


def read(path: Path, meta: Json) -> Segments:
    """The SEG as a mask on the grid of a record (`meta` is the record's); `BadInput` if it belongs elsewhere."""
    try:
        dataset = dicom_file.read(path)
    except BadInput:
        raise
    except Exception as error:  # a stranger's bytes: pydicom raises many kinds
        raise BadInput(f"{path.name} is not readable DICOM: {error}", "Copy or export it again.") from error
    if str(dataset.get("SOPClassUID", "")) not in SOP_CLASSES:
        raise BadInput(f"{path.name} is DICOM, but no segmentation.", "Give a DICOM SEG or a NIfTI mask.")
    _check_reference(path, dataset, meta)
    try:
        with dicom_file.panics_told():
            return _Reading(path, dataset, Grid.of_record(meta["volume"])).segments()
    except (AttributeError, KeyError, IndexError, TypeError, ValueError, NotImplementedError, RuntimeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise BadInput(f"{path.name} is not a readable DICOM segmentation: {reason}", "Export it again.") from error


def _check_reference(path: Path, dataset: Any, meta: Json) -> None:
    referenced = [str(item.get("SeriesInstanceUID", "")) for item in dataset.get("ReferencedSeriesSequence", [])]
    hint = "Attach it to the record of the series it was drawn on."
    if meta.get("series") and referenced and meta["series"] not in referenced:
        message = f"{path.name} was drawn on series {referenced[0]}, and this record is series {meta['series']}."
        raise BadInput(message, hint)
    frame, own = str(dataset.get("FrameOfReferenceUID", "")), meta.get("frame_of_reference", "")
    if frame and own and frame != own:
        raise BadInput(f"{path.name} has another frame of reference ({frame}) than this record ({own}).", hint)


class _Reading:
    """One SEG being put into a mask."""

    def __init__(self, path: Path, dataset: Any, grid: Grid) -> None:
        self.path, self.dataset, self.grid = path, dataset, grid
        self._check_frame_size()
        self.kind = str(dataset.get("SegmentationType", "BINARY"))
        self.values, self.names = self._segment_list()
        self.mask = np.zeros(grid.shape[::-1], np.uint8)
        self.overlaps = 0

    def _check_frame_size(self) -> None:
        """A plane of the record is no longer than its longest side: said before a decoder makes room for more."""
        rows, columns = int(self.dataset.Rows), int(self.dataset.Columns)
        if max(rows, columns) > max(self.grid.shape):
            raise BadInput(
                f"{self.path.name} has frames of {columns} x {rows}; the record has {self.grid.text()}.",
                "Attach it to the series it was drawn on.",
            )

    def segments(self) -> Segments:
        if "PerFrameFunctionalGroupsSequence" not in self.dataset:
            raise BadInput(f"{self.path.name} says of no frame where it lies.", "Export it as a volume segmentation.")
        for number, pixels in enumerate(self._frames()):
            if self.kind == "LABELMAP":
                self._put_labels(number, pixels)
            else:
                self._put_segment(number, pixels)
        notes = [f"{self.overlaps} voxels lie in several segments; the later one has them."] if self.overlaps else []
        return Segments(self.mask, self.names, notes)

    def _segment_list(self) -> tuple[dict[int, int], list[str]]:
        """Segment number -> mask value, and the names; a label map's background (0) is none."""
        items = {int(item.SegmentNumber): item for item in self.dataset.SegmentSequence}
        numbers = sorted(number for number in items if not (number == 0 and self.kind == "LABELMAP"))
        if len(numbers) > MOST_SEGMENTS:
            raise BadInput(f"{self.path.name} has {len(numbers)} segments.", f"At most {MOST_SEGMENTS} are possible.")
        names = [str(items[number].get("SegmentLabel", "")).strip() or f"segment {number}" for number in numbers]
        return {number: value for value, number in enumerate(numbers, start=1)}, names

    def _frames(self) -> Iterator[np.ndarray]:
        """The frames' stored values, (rows, columns), one at a time."""
        if self.dataset.BitsAllocated == 1 and not self.dataset.file_meta.TransferSyntaxUID.is_compressed:
            yield from self._packed_frames()
            return
        for pixels in iter_pixels(self.dataset, raw=True):
            yield pixels if pixels.ndim == 2 else pixels[0]

    def _packed_frames(self) -> Iterator[np.ndarray]:
        """Eight pixels to a byte, lowest bit first; a frame may begin in the middle of a byte (PS3.5 8.1.1)."""
        data = np.frombuffer(self.dataset.PixelData, np.uint8)
        rows, columns = int(self.dataset.Rows), int(self.dataset.Columns)
        size, frames = rows * columns, int(self.dataset.NumberOfFrames)
        if len(data) * 8 < size * frames:
            raise BadInput(f"{self.path.name} is cut off: its pixel data ends early.", "Copy or export it again.")
        for first in range(0, size * frames, size):
            part = data[first // 8 : -(-(first + size) // 8)]
            yield np.unpackbits(part, bitorder="little")[first % 8 :][:size].reshape(rows, columns)

    def _put_labels(self, number: int, pixels: np.ndarray) -> None:
        present = [int(value) for value in np.unique(pixels) if value]
        if not present:
            return
        place = self._place(number, pixels)
        for value in present:
            if value not in self.values:
                raise BadInput(f"{self.path.name} has pixels of value {value}, and no segment of that number.")
            place[pixels == value] = self.values[value]

    def _put_segment(self, number: int, pixels: np.ndarray) -> None:
        level = 1 if self.kind == "BINARY" else max(1, int(self.dataset.MaximumFractionalValue) / 2)
        inside = pixels >= level
        if not inside.any():
            return
        segment = int(self._group(number, "SegmentIdentificationSequence").ReferencedSegmentNumber)
        if segment not in self.values:
            raise BadInput(f"{self.path.name}: frame {number + 1} is of segment {segment}, which is not described.")
        place = self._place(number, pixels)
        value = self.values[segment]
        self.overlaps += int(((place[inside] != 0) & (place[inside] != value)).sum())
        place[inside] = value

    def _place(self, number: int, pixels: np.ndarray) -> np.ndarray:
        """Where the frame lies in the mask, as a writable view (rows, columns)."""
        plane = self._plane(number, pixels.shape)
        placed: Fit | None = fit(plane, self.grid)
        if placed is None:
            raise BadInput(
                f"{self.path.name} does not lie on this record's voxels: frame {number + 1} has {plane.text()}; "
                f"the record has {self.grid.text()}.",
                "Attach it to the series it was drawn on, or resample it to this one first.",
            )
        return placed.view(self.mask)[:, :, 0].T

    def _plane(self, number: int, size: tuple[int, ...]) -> Grid:
        position = self._group(number, "PlanePositionSequence").ImagePositionPatient
        orientation = self._group(number, "PlaneOrientationSequence").ImageOrientationPatient
        spacing = self._group(number, "PixelMeasuresSequence").PixelSpacing
        size = (size[0], size[1])
        return Grid.of_plane(_floats(position), _floats(orientation), _floats(spacing), size)

    def _group(self, number: int, name: str) -> Any:
        """A functional group of a frame: its own, else the one all frames share."""
        own, shared = self.dataset.PerFrameFunctionalGroupsSequence[number], self.dataset.SharedFunctionalGroupsSequence
        source = own if name in own else shared[0]
        if name not in source:
            raise BadInput(f"{self.path.name}: frame {number + 1} has no {name}, so its place is not known.")
        return source[name][0]


def _floats(values: Any) -> list[float]:
    return [float(value) for value in values]
