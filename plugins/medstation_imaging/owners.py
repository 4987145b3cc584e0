"""Whose a label file is: what it says itself of the images it was drawn on."""

from __future__ import annotations

from pathlib import Path

from medstation_imaging import nifti


def mask_owner(path: Path) -> str:
    """The series a DICOM SEG was drawn on (its records' group); of a NIfTI file its name (its patient)."""
    if nifti.is_nifti(path):
        return nifti.stem(path)
    from medstation_imaging.seg import series_of

    return series_of(path) or path.stem
