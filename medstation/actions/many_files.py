"""Many files as one `FileSource`: any on the disk, or those of several records."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from medstation.api import BadInput, FileSource, Json


class FilesOnDisk:
    """Any files on the disk."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = tuple(paths)

    def __len__(self) -> int:
        return len(self._paths)

    def name(self, index: int) -> str:
        return str(self._paths[index])

    def facts(self, index: int) -> Json:
        return {}

    def size(self, index: int) -> int:
        return self._paths[index].stat().st_size

    def read(self, index: int, offset: int = 0, length: int = -1) -> bytes:
        try:
            with self._paths[index].open("rb") as file:
                file.seek(offset)
                return file.read(length)
        except OSError as error:
            raise BadInput(f"it cannot be read: {error.strerror}", "Check its permissions and the medium.") from error

    def readinto(self, index: int, offset: int, buffer: memoryview) -> None:
        data = self.read(index, offset, len(buffer))
        if len(data) < len(buffer):
            raise BadInput(f"{self.name(index)} ends before its data do", "Copy the file again from its source.")
        buffer[:] = data


class JoinedFiles:
    """The files of several records, one record after the other."""

    def __init__(self, sources: Sequence[FileSource]) -> None:
        self._sources = sources
        self._places = [(number, index) for number, source in enumerate(sources) for index in range(len(source))]

    def source_of(self, index: int) -> int:
        return self._places[index][0]

    def __len__(self) -> int:
        return len(self._places)

    def _at(self, index: int) -> tuple[FileSource, int]:
        number, inner = self._places[index]
        return self._sources[number], inner

    def name(self, index: int) -> str:
        source, inner = self._at(index)
        return source.name(inner)

    def facts(self, index: int) -> Json:
        source, inner = self._at(index)
        return source.facts(inner)

    def size(self, index: int) -> int:
        source, inner = self._at(index)
        return source.size(inner)

    def read(self, index: int, offset: int = 0, length: int = -1) -> bytes:
        source, inner = self._at(index)
        return source.read(inner, offset, length)

    def readinto(self, index: int, offset: int, buffer: memoryview) -> None:
        source, inner = self._at(index)
        source.readinto(inner, offset, buffer)
