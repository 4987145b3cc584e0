"""Labels from files: masks from NIfTI and DICOM SEG, checked against the record's voxels; classes from small files."""

from __future__ import annotations

from pathlib import Path

from medstation.api import BadInput, FileSource, Json, LabelDraft, Record
from medstation_imaging import class_files, masks, nifti_masks, seg


def read_mask(record: Record, files: FileSource, path: Path) -> LabelDraft:
    """The mask in `path` (NIfTI or DICOM SEG) on the record's voxels; `BadInput` says why it does not fit.

    The summary is `{"segments": [{"name", "voxels", "ml"}]}`, with "notes" where the reader should know something.
    """
    volume = _volume(record, path)
    if not path.is_file():
        raise BadInput(f"{path} does not exist or is no file.", "Give a NIfTI mask or a DICOM SEG.")
    if nifti_masks.is_nifti(path):
        found = nifti_masks.read(path, volume)
    elif seg.is_dicom(path):
        found = seg.read(path, record.meta)
    else:
        raise BadInput(f"{path.name} is neither NIfTI nor DICOM.", "Give a .nii, .nii.gz or a DICOM SEG.")
    notes = [*found.notes] if found.mask.any() else [*found.notes, "The mask is empty."]
    summary: Json = masks.summary(found.mask, found.names, volume["spacing"])
    return LabelDraft("mask", masks.encode(found.mask, found.names), summary | ({"notes": notes} if notes else {}))


def read_class(record: Record, files: FileSource, path: Path) -> LabelDraft:
    """The record's class from JSON (`{"class": ...}`), a text file with its name, or a CSV table of several records."""
    return class_files.read(record, files, path)


def _volume(record: Record, path: Path) -> Json:
    volume: Json | None = record.meta.get("volume")
    if volume is None:
        message = f"{path.name} cannot be attached: {record.title!r} is not a volume, so a mask has no grid to lie on."
        raise BadInput(message, "Attach masks to records of kind volume; a class label fits here.")
    return volume
