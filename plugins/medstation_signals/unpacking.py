"""Packed files are unpacked up to a limit: a small file must not fill the memory."""

from __future__ import annotations

import zlib
from typing import BinaryIO

from medstation.api import BadInput

LARGEST = 1 << 28
"""Bytes of an unpacked table or DICOM file: ten years of a glucose sensor are a hundredth of it."""
DEFLATED = "1.2.840.10008.1.2.1.99"
_PIECE = 1 << 18
_ASK = "Ask its source for an unpacked copy."


def gunzip(data: bytes, name: str, most: int = -1) -> bytes:
    """The content of a gzip file, or its first `most` bytes. `BadInput` when it is damaged or too large."""
    made = bytearray()
    try:
        while data and len(made) <= LARGEST and (most < 0 or len(made) < most):
            machine = zlib.decompressobj(16 + zlib.MAX_WBITS)
            while data and not machine.eof and len(made) <= LARGEST and (most < 0 or len(made) < most):
                made += machine.decompress(data, _PIECE)
                data = machine.unused_data if machine.eof else machine.unconsumed_tail
            if not machine.eof and not data and most < 0:
                raise BadInput(f"{name} is no whole gzip file", "Copy it again.")
            data = data.lstrip(b"\0")  # some writers fill up the end
    except zlib.error as error:
        raise BadInput(f"{name} is no whole gzip file", "Copy it again.") from error
    if len(made) > LARGEST:
        raise BadInput(f"{name} unpacks to more than {LARGEST >> 20} MiB", _ASK)
    return bytes(made if most < 0 else made[:most])


def check_deflated(file: BinaryIO, name: str) -> None:
    """`BadInput` for a deflated DICOM file that unpacks to more than `LARGEST`; goes back to the file's beginning."""
    if _is_deflated(file) and _unpacked_size(file) > LARGEST:
        raise BadInput(f"{name} unpacks to more than {LARGEST >> 20} MiB", _ASK)
    file.seek(0)


def _is_deflated(file: BinaryIO) -> bool:
    """Leaves the file's position behind the file meta group."""
    from pydicom.filereader import read_dataset

    file.seek(0)
    if file.read(132)[128:] != b"DICM":
        file.seek(0)
    try:
        meta = read_dataset(file, False, True, stop_when=lambda tag, vr, length: tag.group != 2)
        return str(meta.get("TransferSyntaxUID", "")) == DEFLATED
    except Exception:  # a stranger's bytes: pydicom raises many kinds, and will again when the file is read
        return False


def _unpacked_size(file: BinaryIO) -> int:
    machine, size = zlib.decompressobj(-zlib.MAX_WBITS), 0
    piece = file.read(_PIECE)
    try:
        while piece and not machine.eof and size <= LARGEST:
            size += len(machine.decompress(piece, _PIECE))
            piece = machine.unconsumed_tail or file.read(_PIECE)
    except zlib.error:  # told by the reader of the file
        pass
    return size
