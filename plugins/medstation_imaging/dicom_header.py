"""Reading a DICOM file's header: by the fast walk where the file is plain, by pydicom where it is not."""

from __future__ import annotations

import os
from typing import BinaryIO, Literal

from medstation.api import BadInput
from medstation_imaging import dicom_file
from medstation_imaging import dicom_tags as tags
from medstation_imaging.dicom_elements import DatasetElements, Elements, WalkedElements
from medstation_imaging.dicom_walk import PIXEL_TAGS, Short, Unusual, walk

FIRST_READ = 1 << 14
LARGEST_HEADER = 1 << 26
DEFLATED = dicom_file.DEFLATED
BIG_ENDIAN = "1.2.840.10008.1.2.2"

Header = tuple[Elements, str, int, int, int]
"""Elements, transfer syntax, and the pixel data's tag (0: none), offset and length (-1: encapsulated)."""


def fast_header(file: BinaryIO, size: int) -> Header | None:
    """By the fast walk; None for a file that needs pydicom."""
    length = FIRST_READ
    data = os.pread(file.fileno(), length, 0)
    while True:
        try:
            found = walk(data, size, tags.WANTED)
        except Unusual:
            return None
        except Short:
            if len(data) >= min(size, LARGEST_HEADER):
                return None
            length *= 16
            data = os.pread(file.fileno(), length, 0)
            continue
        return WalkedElements(found.elements), found.syntax, found.pixel_tag, found.pixel_offset, found.pixel_length


def slow_header(file: BinaryIO) -> Header | None:
    """By pydicom, which forgives much; None for a file that is no DICOM at all. `BadInput`: it is too large."""
    try:
        dataset = dicom_file.read(file, "it", stop_before_pixels=True, force=True)
    except BadInput:
        raise
    except Exception:  # a stranger's bytes: pydicom raises many kinds for what is no DICOM
        return None
    known = {int(tag) for tag in dataset.keys()}  # noqa: SIM118
    marked = dataset.preamble is not None and known
    if not marked and (len(known) < 3 or not known & {tags.SOP_CLASS, tags.MODALITY, tags.ROWS, tags.DIRECTORY}):
        return None
    meta = getattr(dataset, "file_meta", {})
    syntax = str(meta.get("TransferSyntaxUID", "") or "") or _guessed_syntax(dataset)
    return DatasetElements(dataset), syntax, *_pixel_place(file, syntax)


def _guessed_syntax(dataset: object) -> str:
    implicit, little = getattr(dataset, "original_encoding", (True, True))
    return BIG_ENDIAN if not little else "1.2.840.10008.1.2" if implicit else "1.2.840.10008.1.2.1"


def _pixel_place(file: BinaryIO, syntax: str) -> tuple[int, int, int]:
    """pydicom stopped right before the pixel data: tag, offset and length of them. A deflated file's have no place."""
    if syntax == DEFLATED:
        return 0x7FE00010, 0, 0
    order: Literal["big", "little"] = "big" if syntax == BIG_ENDIAN else "little"
    start, head = file.tell(), file.read(12)
    tag = int.from_bytes(head[:2], order) << 16 | int.from_bytes(head[2:4], order)
    if len(head) < 8 or tag not in PIXEL_TAGS:
        return 0, 0, 0
    typed = head[4:6].isalpha()
    length = int.from_bytes(head[8:12] if typed else head[4:8], order)
    return tag, start + (12 if typed else 8), -1 if length == 0xFFFFFFFF else length
