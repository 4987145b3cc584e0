"""The text of a note with its entities, painted row by row: only what is in sight is shaped, so length costs little."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QTextCharFormat,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from medstation.widgets.theme import blend
from medstation_notes.sections import Section
from medstation_notes.view_keys import command_for
from medstation_notes.view_line import SHOWN, Format, Line
from medstation_notes.view_marks import Mark
from medstation_notes.view_rows import Breaker, Rows

MARGIN, TOP = 40, 22
WIDEST = 860
"""Px of text in a row: longer rows are hard to read."""
LEADING = 1.8
ABOVE_HEADING = 0.9
"""Of a row."""
FILL, FILL_SELECTED = 0.26, 0.42
Place = tuple[int, int]
WholeWords = Callable[[int, int], Place | None]
"""Characters widened to whole words; None where there is no word."""


class NoteCanvas(QAbstractScrollArea):
    """Shows `text`; `marks`, `hits` and the selection are laid over it. It edits nothing: it says what was asked."""

    commanded = Signal(str)
    """A key that means something (see `view_keys`)."""
    selection_changed = Signal()

    def __init__(self, palette: Mapping[str, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._palette = palette
        self.text = ""
        self.whole_words: WholeWords = lambda start, end: None
        self.sections: list[Section] = []
        self.marks: list[Mark] = []
        self.colours: Mapping[str, str] = {}
        self.hits: list[Place] = []
        self.hit = -1
        self.selection: Place | None = None
        self.tags_shown = True
        self._broken = Rows()
        self._stale = False
        self._first = 0
        self._longest = 0
        self._lines: dict[int, Line] = {}
        self._breaker: Breaker | None = None
        self._anchor: int | None = None
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setCursor(Qt.CursorShape.IBeamCursor)
        self.setAccessibleName(self.tr("Text of the note"))
        self._set_fonts()

    # ------------------------------------------------------------------ content

    def show_text(self, text: str, whole_words: WholeWords, sections: list[Section]) -> None:
        self.text, self.whole_words, self.sections = text, whole_words, sections
        self._breaker = None
        self.break_rows()

    def show_marks(self, marks: list[Mark], colours: Mapping[str, str]) -> None:
        self.marks, self.colours = marks, colours
        self.break_rows()

    def show_tags(self, on: bool) -> None:
        self.tags_shown = on
        self.break_rows()

    def show_hits(self, hits: list[Place], current: int) -> None:
        self.hits, self.hit = hits, current
        self.viewport().update()

    def set_palette(self, palette: Mapping[str, str]) -> None:
        self._palette = palette
        self._set_fonts()
        self._breaker = None
        self.break_rows()

    def select(self, place: Place | None) -> None:
        if place != self.selection:
            self.selection = place
            self.viewport().update()
            self.selection_changed.emit()

    # ------------------------------------------------------------------ rows

    def _set_fonts(self) -> None:
        self._font = QFont(self.font())
        size = max(self.fontInfo().pixelSize(), 10) + 2
        self._font.setPixelSize(size)
        small = QFont(self._font)
        small.setPixelSize(max(size - 4, 9))
        self._tag_format = QTextCharFormat()
        self._tag_format.setFont(small)
        self._tag_format.setForeground(QColor(self._palette["muted"]))
        heading = QFont(small)
        heading.setPixelSize(max(size - 3, 9))
        heading.setWeight(QFont.Weight.DemiBold)
        heading.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, 0.8)
        self._heading_format = QTextCharFormat()
        self._heading_format.setFont(heading)
        self._heading_format.setForeground(QColor(self._palette["muted"]))
        self._small = QFontMetricsF(small)
        self._metrics = QFontMetricsF(self._font)
        self.line_height = round(size * LEADING)

    def _measure(self, piece: str) -> float:
        return self._metrics.horizontalAdvance(piece.translate(SHOWN))

    def break_rows(self) -> None:
        """The text has to be broken anew, once, when it is next looked at; what stood at the top stays there."""
        if not self._stale:
            self._first = self.first_offset()
        self._stale = True
        self.viewport().update()

    @property
    def _rows(self) -> Rows:
        if self._stale:
            self._stale = False
            self._break()
        return self._broken

    def _break(self) -> None:
        if self._breaker is None:
            self._breaker = Breaker(self.text, self._measure)
        extra: dict[int, float] = {}
        if self.tags_shown:
            widths = {tag: self._small.horizontalAdvance(tag) for tag in {mark.tag for mark in self.marks}}
            for mark in self.marks:
                extra[mark.span.end] = extra.get(mark.span.end, 0.0) + widths[mark.tag]
        above = {one.start: ABOVE_HEADING * self.line_height for one in self.sections if one.start}
        width = min(max(self.viewport().width() - 2 * MARGIN, 120), WIDEST)
        self._broken = self._breaker.rows(width, self.line_height, extra, self._at_row_starts(above))
        self._longest = max((mark.span.end - mark.span.start for mark in self.marks), default=0)
        self._lines.clear()
        self._set_range()
        self._scroll_to(self._first)

    def _at_row_starts(self, above: Mapping[int, float]) -> dict[int, float]:
        """The space belongs to the beginning of the heading's line; below an empty line there is enough already."""
        starts = {self.text.rfind("\n", 0, offset) + 1: space for offset, space in above.items()}
        return {start: space for start, space in starts.items() if self.text[max(start - 2, 0) : start] != "\n\n"}

    def _set_range(self) -> None:
        bar, page = self.verticalScrollBar(), self.viewport().height()
        bar.setRange(0, max(0, round(self._rows.height + 2 * TOP - page)))
        bar.setSingleStep(self.line_height)
        bar.setPageStep(max(page - self.line_height, self.line_height))

    def first_offset(self) -> int:
        """The first character in sight."""
        if not len(self._rows):
            return 0
        return self._rows.starts[self._rows.below(self.verticalScrollBar().value() + 1)]

    def _scroll_to(self, offset: int) -> None:
        if offset == 0:
            self.verticalScrollBar().setValue(0)
        elif len(self._rows):
            self.verticalScrollBar().setValue(round(self._rows.tops[self._rows.at(offset)]))

    def reveal(self, offset: int, at_top: bool = False) -> None:
        """Bring a character into sight, with some rows around it."""
        if not len(self._rows):
            return
        bar, page = self.verticalScrollBar(), self.viewport().height()
        top = self._rows.tops[self._rows.at(offset)] + TOP
        if at_top:
            bar.setValue(round(top - TOP))
        elif not bar.value() + self.line_height <= top <= bar.value() + page - 2 * self.line_height:
            bar.setValue(round(top - page / 3))

    def _line(self, row: int) -> Line:
        line = self._lines.get(row)
        if line is None:
            start, end = self._rows.starts[row], self._rows.ends[row]
            tags = [(mark.span.end, mark.tag) for mark in self._marks_in(start, end)
                    if self.tags_shown and start < mark.span.end <= end]  # fmt: skip
            formats: list[Format] = [
                (one.start, one.end, self._heading_format)
                for one in self.sections
                if one.start < end and start < one.end
            ]
            line = Line(self.text[start:end], start, tags, self._font, self._tag_format, formats)
            self._lines[row] = line
        return line

    def _marks_in(self, start: int, end: int) -> list[Mark]:
        """Marks that touch these characters; they are in order of their starts."""
        first = bisect_left(self.marks, start - self._longest, key=lambda mark: mark.span.start)
        last = bisect_left(self.marks, end, first, key=lambda mark: mark.span.start)
        return [mark for mark in self.marks[first:last] if mark.span.end > start]

    # ------------------------------------------------------------------ painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.viewport().rect(), QColor(self._palette["background"]))
        offset = TOP - self.verticalScrollBar().value()
        row = self._rows.below(event.rect().top() - offset - self.line_height)
        while row < len(self._rows) and self._rows.tops[row] + offset <= event.rect().bottom():
            self._paint_row(painter, row, self._rows.tops[row] + offset)
            row += 1

    def _paint_row(self, painter: QPainter, row: int, top: float) -> None:
        line = self._line(row)
        for index in self._hits_in(line):
            self._box(painter, line, top, self.hits[index], "caution", 0.55 if index == self.hit else 0.22)
        if self.selection and not self._is_mark(self.selection):
            self._box(painter, line, top, self.selection, "accent", 0.35)
        for mark in self._marks_in(line.start, line.end):
            self._paint_mark(painter, line, top, mark)
        middle = top + (self.line_height - line.height) / 2
        line.draw(painter, QPointF(MARGIN, middle), QColor(self._palette["text"]))

    def _hits_in(self, line: Line) -> range:
        first = bisect_left(self.hits, line.start, key=lambda hit: hit[1])
        return range(first, bisect_left(self.hits, line.end, key=lambda hit: hit[0]))

    def _is_mark(self, place: Place) -> bool:
        return any((mark.span.start, mark.span.end) == place for mark in self._marks_in(*place))

    def _box(self, painter: QPainter, line: Line, top: float, place: Place, token: str, share: float) -> None:
        box = self._rect(line, top, place, with_tag=False)
        if box is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(blend(self._palette[token], self._palette["background"], share)))
            painter.drawRoundedRect(box, 3, 3)

    def _rect(self, line: Line, top: float, place: Place, with_tag: bool) -> QRectF | None:
        start, end = max(place[0], line.start), min(place[1], line.end)
        if start >= end:
            return None
        left, right = line.left(start), line.right(end, with_tag and place[1] <= line.end)
        height = self._metrics.height() + 5
        return QRectF(MARGIN + left - 2, top + (self.line_height - height) / 2, right - left + 4, height)

    def _paint_mark(self, painter: QPainter, line: Line, top: float, mark: Mark) -> None:
        place = (mark.span.start, mark.span.end)
        box = self._rect(line, top, place, with_tag=self.tags_shown)
        if box is None:
            return
        colour = self.colours.get(mark.span.type, self._palette["accent"])
        selected = place == self.selection
        share = FILL_SELECTED if selected else FILL
        painter.setBrush(
            QColor(blend(colour, self._palette["background"], share)) if mark.label else Qt.BrushStyle.NoBrush
        )
        painter.setPen(QPen(QColor(colour), 1.2) if mark.prediction else Qt.PenStyle.NoPen)
        painter.drawRoundedRect(box, 4, 4)
        if selected:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(self._palette["accent"]), 2))
            painter.drawRoundedRect(box.adjusted(-1.5, -1.5, 1.5, 1.5), 5, 5)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self.break_rows()
        else:
            self._set_range()

    # ------------------------------------------------------------------ mouse and keys

    def offset_at(self, point: QPoint) -> int:
        """The character under a point of the viewport."""
        if not len(self._rows):
            return 0
        row = self._rows.below(point.y() - TOP + self.verticalScrollBar().value())
        return self._line(row).offset(point.x() - MARGIN)

    def mark_at(self, point: QPoint) -> Mark | None:
        """The innermost entity under a point."""
        if not len(self._rows):
            return None
        row = self._rows.below(point.y() - TOP + self.verticalScrollBar().value())
        line, top = self._line(row), 0.0
        under = [mark for mark in self._marks_in(line.start, line.end)
                 if (box := self._rect(line, top, (mark.span.start, mark.span.end), self.tags_shown))
                 and box.left() <= point.x() <= box.right()]  # fmt: skip
        return min(under, key=lambda mark: mark.span.end - mark.span.start, default=None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._anchor = self.offset_at(event.position().toPoint())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._anchor is None or not event.buttons() & Qt.MouseButton.LeftButton:
            return
        here = self.offset_at(event.position().toPoint())
        if here != self._anchor:
            self.select(self.whole_words(min(here, self._anchor), max(here, self._anchor)))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        anchor, self._anchor = self._anchor, None
        point = event.position().toPoint()
        if anchor is None or anchor != self.offset_at(point):
            return
        mark = self.mark_at(point)
        self.select((mark.span.start, mark.span.end) if mark else None)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        offset = self.offset_at(event.position().toPoint())
        self.select(self.whole_words(offset, offset))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        command = command_for(event)
        if command:
            self.commanded.emit(command)
        elif event.key() in (Qt.Key.Key_Home, Qt.Key.Key_End):
            bar = self.verticalScrollBar()
            bar.setValue(bar.minimum() if event.key() == Qt.Key.Key_Home else bar.maximum())
        else:
            super().keyPressEvent(event)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab goes from entity to entity, and out of the text after the last one."""
        places = sorted({(mark.span.start, mark.span.end) for mark in self.marks})
        here = self.selection or ((self.first_offset() - 1, 0) if forward else (self.first_offset(), 0))
        ahead = [place for place in places if (place > here if forward else place < here)]
        if not ahead:
            return super().focusNextPrevChild(forward)
        self.select(ahead[0] if forward else ahead[-1])
        self.reveal(ahead[0][0] if forward else ahead[-1][0])
        return True
