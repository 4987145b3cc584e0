"""The index file of a DICOM medium (PS3.10 chapter 8). Its references are followed no further than its own folder."""

from __future__ import annotations

import warnings
from pathlib import Path

from medstation.api import Skipped
from medstation_imaging import dicom_file

NAME = "DICOMDIR"
INDEX = "is the index of a DICOM medium; the files it names are read themselves"


def is_index(path: Path) -> bool:
    return path.stem.upper() == NAME


def listed_files(index: Path) -> tuple[list[Path], Skipped]:
    """The files that `index` names, and the answer for the index itself."""
    try:
        records = dicom_file.read(index, force=True, specific_tags=["DirectoryRecordSequence"])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            named = [_parts(record) for record in records.get("DirectoryRecordSequence") or ()]
    except OSError as error:
        return [], Skipped(index, f"cannot be read: {error.strerror or error}", "Check the file's permissions.")
    except Exception as error:  # a stranger's bytes: pydicom raises many kinds
        return [], Skipped(index, f"is a damaged index: {error}", "The images beside it are read without it.")
    folder = index.parent
    paths = [folder.joinpath(*parts) for parts in named if parts]
    inside = [path for path in dict.fromkeys(paths) if path.resolve().is_relative_to(folder.resolve())]
    outside = len(dict.fromkeys(paths)) - len(inside)
    if outside:
        return inside, Skipped(index, f"names {outside} files outside its own folder", "Those are not followed.")
    return inside, Skipped(index, INDEX, harmless=True)


def _parts(record: object) -> list[str]:
    value = getattr(record, "ReferencedFileID", None) or []
    return [value] if isinstance(value, str) else [str(part) for part in value]
