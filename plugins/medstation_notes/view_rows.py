"""Breaking a long text into rows for a given width, quickly: words are measured once, rows are only numbers.

Nothing is shaped or painted here; a row is shaped when it comes into sight.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

_HAN = "\u3000-\u303f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef"
_PIECES = re.compile(r"\n|[^\S\n]+|\S+[^\S\n]?")
_PIECES_HAN = re.compile(rf"\n|[^\S\n]+|[{_HAN}]|(?:(?![{_HAN}])\S)+[^\S\n]?")
_HAS_HAN = re.compile(rf"[{_HAN}]")

Measure = Callable[[str], float]


@dataclass
class Rows:
    """Row `i` holds characters `starts[i]` to `ends[i]` (without the line end) and begins at `tops[i]` px."""

    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    tops: list[float] = field(default_factory=list)
    height: float = 0.0

    def __len__(self) -> int:
        return len(self.starts)

    def at(self, offset: int) -> int:
        """The row that holds character `offset`."""
        return max(0, bisect_right(self.starts, offset) - 1)

    def below(self, y: float) -> int:
        """The row at height `y`."""
        return max(0, bisect_right(self.tops, y) - 1)


class Breaker:
    """Knows a text's pieces and their widths; `rows` can then be asked for any width."""

    def __init__(self, text: str, measure: Measure) -> None:
        self._text = text
        self._measure = measure
        pattern = _PIECES_HAN if _HAS_HAN.search(text) else _PIECES
        places = [match.span() for match in pattern.finditer(text)]
        pieces = [text[start:end] for start, end in places]
        known = {piece: 0.0 if piece == "\n" else measure(piece) for piece in set(pieces)}
        self._starts = [start for start, _ in places]
        self._ends = np.array([end for _, end in places], np.int64)
        self._widths = np.array([known[piece] for piece in pieces])
        self._breaks = [index for index, piece in enumerate(pieces) if piece == "\n"]

    def rows(self, width: float, line: float, extra: Mapping[int, float], space_before: Mapping[int, float]) -> Rows:
        """`extra`: offset -> px that something drawn after that character takes; `space_before`: offset -> px above."""
        made = Rows()
        reach = self._reach(extra)
        first = 0
        for last in (*self._breaks, len(self._starts)):
            made.starts += (begins := self._paragraph(first, last, width, reach))
            end = self._starts[last] if last < len(self._starts) else len(self._text)
            made.ends += (*begins[1:], end)
            first = last + 1
        top = 0.0
        for start in made.starts:
            top += space_before.get(start, 0.0)
            made.tops.append(top)
            top += line
        made.height = top
        return made

    def _reach(self, extra: Mapping[int, float]) -> list[float]:
        """Px from the text's beginning to each piece's beginning, as if it were one row."""
        widths = self._widths
        if extra and len(widths):
            widths = widths.copy()
            pieces = np.searchsorted(self._ends, list(extra))
            np.add.at(widths, np.minimum(pieces, len(widths) - 1), list(extra.values()))
        reach: list[float] = np.concatenate([[0.0], np.cumsum(widths)]).tolist()
        return reach

    def _paragraph(self, first: int, last: int, width: float, reach: list[float]) -> list[int]:
        """Where the rows of the pieces `first` to `last` (exclusive) begin."""
        begin = self._starts[first] if first < len(self._starts) else len(self._text)
        begins = [begin]
        while first < last and reach[last] - reach[first] > width:
            stop = max(bisect_right(reach, reach[first] + width, first + 1, last + 1) - 1, first + 1)
            if stop == first + 1 and reach[stop] - reach[first] > width:
                begins += self._cuts(self._starts[first], int(self._ends[first]), width)
            if stop < last:
                begins.append(self._starts[stop])
            first = stop
        return begins

    def _cuts(self, start: int, end: int, width: float) -> list[int]:
        """Where a word that is wider than the row is cut."""
        each = max(1, int((end - start) * width / max(self._measure(self._text[start:end]), 1.0)))
        return list(range(start + each, end, each))
