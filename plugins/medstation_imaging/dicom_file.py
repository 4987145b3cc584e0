"""The one door by which pydicom reads files here: a deflated one that would fill the memory is turned away before."""

from __future__ import annotations

import io
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from medstation.api import BadInput

DEFLATED = "1.2.840.10008.1.2.1.99"
LARGEST = 1 << 28
"""Bytes of an unpacked file: far more than reports and segmentations have, and little enough to hold."""
_PIECE = 1 << 18


def read(source: Path | BinaryIO, name: str = "", **options: Any) -> Any:
    """`pydicom.dcmread` without its warnings: it warns of each odd value, and what matters is told as notes.

    `BadInput` for a deflated file that unpacks to more than `LARGEST`. Otherwise it raises what pydicom raises.
    """
    import pydicom

    if isinstance(source, Path):
        with source.open("rb") as file:
            return read(file, source.name, **options)
    if _is_deflated(source) and _unpacked_size(source) > LARGEST:
        message = f"{name or 'the file'} unpacks to more than {LARGEST >> 20} MiB, as no DICOM file of its kind does"
        raise BadInput(message, "Ask its source for an uncompressed copy.")
    source.seek(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pydicom.dcmread(_Bounded(source), **options)


class _Bounded:
    """A file from which no more is asked than it holds: an element may claim any length, and room is made first."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        place = file.tell()
        self._size = file.seek(0, io.SEEK_END)
        self.seek, self.tell, self.close = file.seek, file.tell, file.close
        self.name = getattr(file, "name", "")
        file.seek(place)

    def read(self, size: int | None = -1) -> bytes:
        rest = max(0, self._size - self._file.tell())
        return self._file.read(rest if size is None or size < 0 else min(size, rest))


def _is_deflated(file: BinaryIO) -> bool:
    """Told by the file meta group, as the reader of the file will tell it; leaves the position behind that group."""
    from pydicom.filereader import read_dataset

    file.seek(0)
    if file.read(132)[128:] != b"DICM":
        file.seek(0)
    try:
        meta = read_dataset(
            cast(BinaryIO, _Bounded(file)), False, True, stop_when=lambda tag, vr, length: tag.group != 2
        )
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


@contextmanager
def panics_told() -> Iterator[None]:
    """Decoders written in Rust panic on some broken streams, and a panic is no `Exception`: here it becomes one."""
    try:
        yield
    except Exception:
        raise
    except BaseException as error:
        if type(error).__module__ != "pyo3_runtime":
            raise
        raise RuntimeError(f"the decoder gave up: {error}") from error
