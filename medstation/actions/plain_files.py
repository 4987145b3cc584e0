"""Files on the user's disk, read in place: what was opened without importing."""

from __future__ import annotations

from collections.abc import Sequence

from medstation.api import BadInput, Found, Json


class PlainFiles:
    """A `FileSource` over files that stay where they are."""

    def __init__(self, found: Sequence[Found]) -> None:
        self._found = tuple(found)

    def __len__(self) -> int:
        return len(self._found)

    def name(self, index: int) -> str:
        return self._found[index].path.name

    def facts(self, index: int) -> Json:
        return self._found[index].facts

    def size(self, index: int) -> int:
        return self._found[index].path.stat().st_size

    def read(self, index: int, offset: int = 0, length: int = -1) -> bytes:
        with self._found[index].path.open("rb", buffering=0) as file:
            file.seek(offset)
            return file.read(length) if length >= 0 else file.readall()

    def readinto(self, index: int, offset: int, buffer: memoryview) -> None:
        with self._found[index].path.open("rb", buffering=0) as file:
            file.seek(offset)
            filled = 0
            while filled < len(buffer):
                count = file.readinto(buffer[filled:])
                if not count:
                    raise BadInput(
                        f"{self.name(index)} ends before its data do", "Copy the file again from its source."
                    )
                filled += count
