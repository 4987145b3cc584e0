"""A record's values as one array with its geometry, for views, models and exporters alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from medstation.api import BadInput, Fetched, FileSource, Json, Record, ReportProgress
from medstation_imaging import windows
from medstation_imaging.filling import filled
from medstation_imaging.slices import Slice, frames_per_second, shown_facts, slices_of


@dataclass(frozen=True)
class Volume:
    """`array`: (z, y, x) int16, uint8, uint16 or float32, or RGB uint8 (z, y, x, 3). `spacing`: mm (z, y, x).

    `affine`: 4 x 4, voxel (i=x, j=y, k=z) -> mm LPS. Both are None for images that make no regular grid.
    `unit` is "HU", "Bq/mL", ... or "". `faults`: slice -> why it could not be read (single images only; then blank).
    """

    array: np.ndarray
    affine: np.ndarray | None
    spacing: tuple[float, float, float] | None
    unit: str
    faults: Mapping[int, str] = field(default_factory=dict)


def load(record: Record, files: FileSource, report: ReportProgress) -> Volume:
    """All slices of a "volume" or "images" record.

    `BadInput` names the file that cannot be decoded; of single images, those that can be are loaded, and the others are
    blank and listed in `faults`.
    """
    if record.kind not in ("volume", "images"):
        raise BadInput(f"{record.title} is no image", "Open it as a document.")
    geometry = record.meta.get("volume")
    affine = np.array(geometry["affine"], float) if geometry else None
    spacing = tuple(geometry["spacing"]) if geometry else None
    if is_nifti_record(files):
        from medstation_imaging.nifti import load_nifti

        return Volume(load_nifti(files), affine, spacing, "")
    slices = slices_of(record, files)
    faults: dict[int, str] = {}
    array = filled(slices, files, report, None if record.kind == "volume" else faults)
    if len(faults) == len(slices):
        raise BadInput(faults[0], "Ask its source for an uncompressed or losslessly compressed copy.")
    return Volume(array, affine, spacing, unit(slices[0].facts), faults)


def is_nifti_record(files: FileSource) -> bool:
    return bool(files.facts(0)["format"] == "nifti")


def unit(facts: Json) -> str:
    """The unit of the rescaled values."""
    if facts.get("modality") == "CT" or facts.get("rescale_type") == "HU":
        return "HU"
    return {"BQML": "Bq/mL", "CNTS": "counts", "GML": "g/mL"}.get(facts.get("units", ""), "")


def middle(record: Record, files: FileSource) -> tuple[np.ndarray, float]:
    """The middle slice, float32 (y, x) in its unit or RGB uint8 (y, x, 3), and its pixels' height / width."""
    if is_nifti_record(files):
        whole = load(record, files, _quiet)
        spacing = whole.spacing or (1.0, 1.0, 1.0)
        return whole.array[len(whole.array) // 2], spacing[1] / spacing[2]
    slices = slices_of(record, files)
    part = slices[len(slices) // 2]
    rows, columns = part.facts.get("spacing") or part.facts.get("detector_spacing") or (1.0, 1.0)
    aspect = rows / columns if rows > 0 and columns > 0 else 1.0
    return filled([Slice(0, part.index, part.number, part.facts)], files, _quiet)[0], aspect


def _quiet(done: float, text: str) -> None:
    """One slice is read too quickly to report on."""


def fetch_volume(record: Record, files: FileSource, arguments: Json, report: ReportProgress) -> Fetched:
    """The `Fetch` of the view: arrays {"volume": (z, y, x) or RGB (z, y, x, 3)} and the facts to show them with.

    Facts: "spacing" (z, y, x) mm, where z is None for images without a grid, or None; "affine" or None; "unit";
    "window" [centre, width]; "presets"; "photometric"; "frames": one object per slice; "frames_per_second" or None.
    """
    volume = load(record, files, report)
    slices = [] if is_nifti_record(files) else slices_of(record, files)
    first = slices[0].facts if slices else {}
    colour = volume.array.ndim == 4
    own = record.meta.get("window")
    facts: Json = {
        "spacing": list(volume.spacing) if volume.spacing else _pixel_spacing(first),
        "affine": volume.affine.tolist() if volume.affine is not None else None,
        "unit": volume.unit,
        "window": [127.5, 255.0] if colour else windows.default(record.meta.get("modality", ""), own, volume.array),
        "presets": [] if colour else windows.presets(own, volume.array),
        "photometric": "RGB" if colour else record.meta.get("photometric", "MONOCHROME2"),
        "frames": shown_facts(slices, files, dict(volume.faults)),
        "frames_per_second": frames_per_second(first),
    }
    return Fetched({"volume": volume.array}, facts)


def _pixel_spacing(facts: Json) -> list[float | None] | None:
    spacing = facts.get("spacing")
    return [None, *spacing] if spacing and min(spacing) > 0 else None
