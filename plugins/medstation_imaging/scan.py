"""What a file is, told from its first bytes, and the reading of its header."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

from medstation.api import Found, Skipped
from medstation_imaging.dicom_scan import scan_dicom
from medstation_imaging.dicomdir import is_index, listed_files
from medstation_imaging.nifti import is_nifti, scan_nifti

DICOM_SUFFIXES = (".dcm", ".dicom", ".ima")
HEAD = 1024
"""Bytes that show what a file is: preamble, mark and the file meta with the SOP class."""
WAVEFORMS = b"1.2.840.10008.5.1.4.1.1.9."
"""SOP classes of waveforms (PS3.4 B.5), which are no images and belong to who reads signals."""


def looks_dicom(head: bytes) -> bool:
    """The DICOM mark, or, in a file without preamble, a first element of the groups 2 or 8."""
    if head[128:132] == b"DICM":
        return True
    return head[:2] in (b"\x02\x00", b"\x08\x00", b"\x00\x08") and _first_element(head)


def _first_element(head: bytes) -> bool:
    little = head[0] != 0
    order: Literal["little", "big"] = "little" if little else "big"
    element, typed = int.from_bytes(head[2:4], order), head[4:6]
    length = int.from_bytes(head[6:8] if typed.isalpha() and typed.isupper() else head[4:8], order)
    return element <= 0x0200 and length <= 0x400


def wants(path: Path) -> bool:
    """A cheap look at name and first bytes. `OSError` for a file that cannot be opened."""
    if is_nifti(path) or is_index(path):
        return True
    with path.open("rb") as file:
        head = file.read(HEAD)
    return WAVEFORMS not in head and (path.suffix.lower() in DICOM_SUFFIXES or looks_dicom(head))


def scan(paths: Iterable[Path]) -> Iterator[Found | Skipped]:
    """One answer per file. Files that a DICOMDIR names are read too, if they lie below it and were not given."""
    seen: set[Path] = set()
    indices: list[Path] = []
    for path in paths:
        if is_index(path):
            indices.append(path)
            continue
        seen.add(path.absolute())
        yield scan_file(path)
    for index in indices:
        listed, answer = listed_files(index)
        yield answer
        missing = [path for path in listed if not path.is_file()]
        if missing:
            rest = f" and {len(missing) - 1} more files" if len(missing) > 1 else ""
            yield Skipped(missing[0], f"is named in {index.name} but is not there{rest}", "Copy the medium again.")
        for path in listed:
            if path.absolute() not in seen and path not in missing:
                seen.add(path.absolute())
                yield scan_file(path)


def scan_file(path: Path) -> Found | Skipped:
    return scan_nifti(path) if is_nifti(path) else scan_dicom(path)
