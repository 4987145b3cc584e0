"""All ways out of imaging, as the plugin names them; each loads its own libraries when it is first used.

Every one is an `Export`: `write(item, files, out)` returns the files written, and raises `BadInput` if `out` exists.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from medstation.api import ExportItem, FileSource


def write_seg(item: ExportItem, files: FileSource, out: Path) -> Sequence[Path]:
    """A mask as DICOM SEG."""
    from medstation_imaging import export_seg

    return export_seg.write_seg(item, files, out)


def write_nifti(item: ExportItem, files: FileSource, out: Path) -> Sequence[Path]:
    """A mask or the image as NIfTI."""
    from medstation_imaging import export_nifti

    return export_nifti.write_nifti(item, files, out)


def write_csv(item: ExportItem, files: FileSource, out: Path) -> Sequence[Path]:
    """Findings or a class as a table."""
    from medstation_imaging import export_csv

    return export_csv.write_csv(item, files, out)


def write_originals(item: ExportItem, files: FileSource, out: Path) -> Sequence[Path]:
    """The original files in a new folder."""
    from medstation_imaging import export_originals

    return export_originals.write_originals(item, files, out)
