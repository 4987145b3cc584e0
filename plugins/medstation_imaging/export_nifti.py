"""Masks and images as NIfTI, with the names of a mask's segments in a small file beside it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import nibabel
import numpy as np

from medstation.api import BadInput, ExportItem, FileSource, must_be_new, new_file
from medstation_imaging import masks, volume
from medstation_imaging.nifti import RAS_TO_LPS, is_nifti
from medstation_imaging.nifti_masks import sidecar

SCANNER_COORDINATES = 1


def write_nifti(item: ExportItem, files: FileSource, out: Path) -> list[Path]:
    """The mask, or without one the record's image in its units, as (i, j, k) with a RAS affine."""
    if not is_nifti(out):
        raise BadInput(f"{out.name} does not end in .nii or .nii.gz.", "Give a file name that does.")
    geometry = item.record.meta.get("volume")
    if geometry is None:
        raise BadInput(f"{item.record.title!r} is not a volume.", "Export its original files.")
    affine = RAS_TO_LPS @ np.asarray(geometry["affine"], float)
    if item.payload is None:
        must_be_new(out)
        return [_write(out, volume.load(item.record, files, _quiet).array, affine)]
    if item.kind != "mask":
        raise BadInput(f"A {item.kind} label cannot be NIfTI.", "Export it as CSV.")
    mask, names = masks.decode(item.payload)
    beside = sidecar(out)
    must_be_new(out, beside)
    _write(out, mask, affine)
    with new_file(beside) as file:
        numbered = {str(value): name for value, name in enumerate(names, start=1)}
        file.write(json.dumps({"names": numbered}, ensure_ascii=False, indent=1).encode())
    return [out, beside]


def _quiet(done: float, text: str) -> None:
    """Reading is quick beside writing; nothing finer is told."""


def _write(out: Path, array: np.ndarray, affine: np.ndarray) -> Path:
    """`array` (z, y, x) into a new file."""
    if array.ndim != 3:
        raise BadInput("A colour image cannot be NIfTI.", "Export its original files.")
    make: Any = nibabel.Nifti1Image
    image = make(array.transpose(2, 1, 0), affine)
    image.set_sform(affine, SCANNER_COORDINATES)
    image.set_qform(affine, SCANNER_COORDINATES, strip_shears=True)
    image.header.set_xyzt_units("mm")
    data = image.to_bytes()
    with new_file(out) as file:
        file.write(gzip.compress(data, 5, mtime=0) if out.name.lower().endswith(".gz") else data)
    return out
