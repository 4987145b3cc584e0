"""The DICOM headers of a record's original files, read without their pixels."""

from __future__ import annotations

import io

import pydicom
from pydicom.dataset import Dataset

from medstation.api import BadInput, FileSource
from medstation_imaging import dicom_file

_BUFFER = 1 << 15


class _Stream(io.RawIOBase):
    """One original file as a stream, so that only what is asked for is read and decrypted."""

    def __init__(self, files: FileSource, index: int) -> None:
        self._files, self._index, self._size, self._at = files, index, files.size(index), 0
        self.name = files.name(index)  # pydicom asks buffered streams for it

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        count = min(len(buffer), max(0, self._size - self._at))
        if count:
            buffer[:count] = self._files.read(self._index, self._at, count)
            self._at += count
        return count


def header(files: FileSource, index: int) -> Dataset:
    """The header of file `index`, up to the pixels."""
    try:
        stream = io.BufferedReader(_Stream(files, index), _BUFFER)
        return dicom_file.read(stream, files.name(index), stop_before_pixels=True, force=True)  # type: ignore[no-any-return]
    except (pydicom.errors.InvalidDicomError, OSError, EOFError, ValueError) as error:
        raise BadInput(f"{files.name(index)} is not readable DICOM: {error}", "Export another format.") from error
