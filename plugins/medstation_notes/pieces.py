"""A file's notes as ranges of its bytes, so that one note can be read without reading the others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Piece:
    """`length` bytes from `start`."""

    start: int
    length: int

    def of(self, data: bytes) -> bytes:
        return data[self.start : self.start + self.length]


def lines_of(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(offset, line with its end) of every line; line ends are \\n or \\r\\n."""
    start = 0
    while start < len(data):
        end = data.find(b"\n", start) + 1 or len(data)
        yield start, data[start:end]
        start = end
