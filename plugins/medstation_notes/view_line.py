"""One row of the note, shaped when it comes into sight: text with small type words after its entities.

Offsets are code points of the note; Qt counts UTF-16 units of what is shown, so both are mapped here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QFont, QPainter, QTextCharFormat, QTextLayout, QTextOption

_HIDDEN = dict.fromkeys((*range(32), 127, *range(128, 160), 8232, 8233, 65279), "·")
_TURNING = dict.fromkeys((*range(8234, 8239), *range(8294, 8298)), "·")
SHOWN: Mapping[int, str] = {**_HIDDEN, **_TURNING, 0x09: "\u2003", 0x0B: " ", 0x0C: " ", 0x85: " "}
"""Signs that would act instead of being seen (control signs, turns of direction) are shown as a dot, one for one."""

Format = tuple[int, int, QTextCharFormat]
"""Characters from and to, and how they look."""


class Line:
    """`text` are the row's characters, from offset `start` of the note; `tags` are drawn after their offsets."""

    def __init__(
        self,
        text: str,
        start: int,
        tags: Sequence[tuple[int, str]],
        font: QFont,
        tag_format: QTextCharFormat,
        formats: Iterable[Format],
    ) -> None:
        self.start, self.end = start, start + len(text)
        self._before: list[int] = []
        self._after: list[int] = []
        shown, tagged = self._put_together(text.translate(SHOWN), dict(_joined(tags)))
        self._layout = QTextLayout(shown, font)
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.NoWrap)
        self._layout.setTextOption(option)
        ranges = [_range(first, last - first, tag_format) for first, last in tagged]
        for first, last, look in formats:
            first, last = max(first, self.start), min(last, self.end)
            if first < last:
                begin, end = self._after[first - start], self._before[last - start]
                ranges.append(_range(begin, end - begin, look))
        self._layout.setFormats(ranges)
        self._layout.beginLayout()
        self._line = self._layout.createLine()
        self._line.setLineWidth(1e6)
        self._layout.endLayout()
        self.height = self._line.height()

    def _put_together(self, text: str, tags: Mapping[int, str]) -> tuple[str, list[tuple[int, int]]]:
        pieces: list[str] = []
        tagged: list[tuple[int, int]] = []
        place = 0
        for index in range(len(text) + 1):
            self._before.append(place)
            tag = tags.get(self.start + index)
            if tag and index:
                tagged.append((place, place + len(tag)))
                pieces.append(tag)
                place += len(tag)
            self._after.append(place)
            if index < len(text):
                pieces.append(text[index])
                place += 1 if text[index] <= "\uffff" else 2
        return "".join(pieces), tagged

    def left(self, offset: int) -> float:
        """Where character `offset` begins, px; beyond the row, its nearer end."""
        return self._x(self._after, offset)

    def right(self, offset: int, with_tag: bool = False) -> float:
        """Where the character before `offset` ends, with the small word after it or without."""
        return self._x(self._after if with_tag else self._before, offset)

    def _x(self, table: Sequence[int], offset: int) -> float:
        place = table[min(max(offset, self.start), self.end) - self.start]
        x: Any = self._line.cursorToX(place)  # (x, place), though the stubs say otherwise
        return float(x[0] if isinstance(x, tuple) else x)

    def offset(self, x: float) -> int:
        """The character that stands at `x`."""
        place = self._line.xToCursor(x)
        low, high = 0, len(self._after) - 1
        while low < high:
            middle = (low + high) // 2
            if self._after[middle] < place:
                low = middle + 1
            else:
                high = middle
        return self.start + low

    def draw(self, painter: QPainter, at: QPointF, colour: QColor) -> None:
        painter.setPen(colour)
        self._layout.draw(painter, at)


def _joined(tags: Sequence[tuple[int, str]]) -> Iterable[tuple[int, str]]:
    """Several tags at one offset, one after the other."""
    found: dict[int, str] = {}
    for offset, tag in tags:
        found[offset] = found.get(offset, "") + tag
    return found.items()


def _range(start: int, length: int, look: QTextCharFormat) -> QTextLayout.FormatRange:
    made = QTextLayout.FormatRange()
    made.start, made.length, made.format = start, length, look
    return made
