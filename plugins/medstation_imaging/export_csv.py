"""Masks and classes as a table: one row for each piece of a segment, or for each class."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy import ndimage

from medstation.api import BadInput, ExportItem, FileSource, Json, Record, must_be_new, write_table
from medstation_imaging import masks

ABOUT = ("patient", "record", "title", "author", "model")
MASK_COLUMNS = (*ABOUT, "segment", "finding", "voxels", "volume_ml", "extent_mm", "centre_left_mm",
                "centre_posterior_mm", "centre_superior_mm", "confidence")  # fmt: skip
CLASS_COLUMNS = (*ABOUT, "class", "probability")

Cell = str | int | float | None


def write_csv(item: ExportItem, files: FileSource, out: Path) -> list[Path]:
    """A mask's findings (centres are mm in patient coordinates, LPS), or a class with its probability."""
    must_be_new(out)
    if item.payload is None or item.kind not in ("mask", "class"):
        raise BadInput(f"{item.record.title!r} has no findings to list.", "Export a label or a prediction.")
    columns, rows = (MASK_COLUMNS, _findings(item)) if item.kind == "mask" else (CLASS_COLUMNS, _classes(item))
    return write_table(out, [columns, *rows])


def _about(item: ExportItem) -> tuple[Cell, ...]:
    model = f"{item.model.name}@{item.model.version}" if item.model else ""
    return item.record.person.key, item.record.id, item.record.title, item.author, model


def _findings(item: ExportItem) -> Iterator[tuple[Cell, ...]]:
    mask, names = masks.decode(item.payload or b"")
    for value, name in enumerate(names, start=1):
        pieces, _ = ndimage.label(mask == value, structure=np.ones((3, 3, 3), int))
        boxes = ndimage.find_objects(pieces)
        sizes = np.bincount(pieces.ravel())[1:]
        for rank, index in enumerate(np.argsort(-sizes, kind="stable"), start=1):
            inside = pieces[boxes[index]] == index + 1
            yield (*_about(item), name, rank, *_measures(item, inside, boxes[index], value, name))


def _measures(item: ExportItem, inside: np.ndarray, box: tuple[slice, ...], value: int, name: str) -> tuple[Cell, ...]:
    """Voxels, mL, extent, centre, confidence of one piece (`inside`, bool, in `box`)."""
    voxels = np.argwhere(inside) + [side.start for side in box]
    spacing, centre = _geometry(item.record, voxels.mean(axis=0))
    extent = " x ".join(f"{size * mm:.1f}" for size, mm in zip(inside.shape[::-1], spacing[::-1], strict=True))
    volume = round(len(voxels) * float(np.prod(spacing)) / 1000, 4)
    return len(voxels), volume, extent, *centre, _confidence(item.summary, voxels, value, name)


def _geometry(record: Record, voxel: np.ndarray) -> tuple[list[float], list[float]]:
    """The spacing in mm (z, y, x), and where a voxel (z, y, x) lies in mm LPS."""
    volume = record.meta.get("volume")
    if volume is None:
        raise BadInput(f"{record.title!r} is not a volume.", "Export another record.")
    place = np.asarray(volume["affine"], float) @ [*voxel[::-1], 1.0]
    return list(volume["spacing"]), [round(float(value), 2) for value in place[:3]]


def _confidence(summary: Json, voxels: np.ndarray, value: int, name: str) -> Cell:
    """The finding's own confidence where the summary lists findings, else the segment's, else the whole one's."""
    here = {tuple(voxel) for voxel in voxels.tolist()}
    for finding in summary.get("findings", []):
        voxel = finding.get("place", {}).get("voxel")
        if finding.get("colour", value) == value and voxel is not None and tuple(voxel) in here:
            return _rounded(finding.get("confidence"))
    for segment in summary.get("segments", []):
        if segment.get("name") == name and "confidence" in segment:
            return _rounded(segment["confidence"])
    return _rounded(summary.get("confidence"))


def _rounded(value: Any) -> Cell:
    return round(float(value), 4) if isinstance(value, int | float) else None


def _classes(item: ExportItem) -> Sequence[tuple[Cell, ...]]:
    try:
        data: Json = json.loads(item.payload or b"")
        chosen, chances = str(data["class"]), dict(data.get("probabilities") or {})
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput(f"The class label cannot be read: {error}", "Run `medstation vault check`.") from error
    others = sorted((name for name in chances if name != chosen), key=lambda name: -float(chances[name]))
    return [(*_about(item), name, _rounded(chances.get(name))) for name in (chosen, *others)]
