"""A small line chart that redraws fast enough to be live. Lines differ by dash as well as by colour."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from medstation.widgets.scale import tick_texts, ticks, value_range

_DASHES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine, Qt.PenStyle.DashDotLine)
_RIGHT, _TOP, _BOTTOM = 12, 26, 26


@dataclass(frozen=True)
class Line:
    """One line: `points` are (x, y) in order of x, `colour` is a token of the theme; NaN breaks the line."""

    title: str
    points: tuple[tuple[float, float], ...]
    colour: str


@dataclass(frozen=True)
class Mark:
    """A dashed level across the chart with its text: what the values are compared with."""

    value: float
    title: str
    colour: str = "safe"


class LineChart(QWidget):
    """Lines over a shared x axis, with a legend, an optional level, and the values under the mouse.

    `tokens` is kept, not copied: when the theme changes in it, the next painting shows it.
    """

    def __init__(self, name: str, tokens: Mapping[str, str], x_title: str = "") -> None:
        super().__init__()
        self._tokens = tokens
        self._x_title = x_title
        self._lines: tuple[Line, ...] = ()
        self._mark: Mark | None = None
        self._x_end = 1.0
        self._hover: float | None = None
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return QSize(360, 190)

    def minimumSizeHint(self) -> QSize:
        return QSize(180, 130)

    def show_lines(self, lines: Sequence[Line], x_end: float, mark: Mark | None = None) -> None:
        """Draw `lines` from x = 0 to at least `x_end`, and `mark` as a level."""
        self._lines, self._mark = tuple(lines), mark
        self._x_end = max([x_end, 1.0, *(point[0] for line in lines for point in line.points)])
        last = [f"{line.title} {line.points[-1][1]:.4g}" for line in lines if line.points]
        self.setAccessibleDescription(", ".join(last))
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        plot = self._plot()
        inside = plot.adjusted(-4, -4, 4, 4).contains(event.position())
        self._hover = (event.position().x() - plot.left()) / plot.width() * self._x_end if inside else None
        self.update()

    def leaveEvent(self, event: object) -> None:
        self._hover = None
        self.update()

    def _plot(self) -> QRectF:
        return QRectF(self.rect()).adjusted(self._left(), _TOP, -_RIGHT, -_BOTTOM)

    def _left(self) -> int:
        """Room for the numbers and the title of the axes, pixels."""
        return max(46, self.fontMetrics().horizontalAdvance(self._x_title) + 12)

    def _y_range(self) -> tuple[float, float]:
        values = [y for line in self._lines for _, y in line.points]
        return value_range([*values, self._mark.value] if self._mark else values)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = QFont(self.font())
        font.setPixelSize(max(10, self.fontInfo().pixelSize() - 2))
        painter.setFont(font)
        plot, (low, high) = self._plot(), self._y_range()
        if not any(line.points for line in self._lines):
            painter.setPen(self._colour("muted"))
            painter.drawText(plot, Qt.AlignmentFlag.AlignCenter, self.tr("no values yet"))
            return
        self._draw_axes(painter, plot, low, high)
        self._draw_mark(painter, plot, low, high)
        for index, line in enumerate(self._lines):
            self._draw_line(painter, plot, low, high, line, index)
        if self._hover is None:
            self._draw_legend(painter, plot)
        else:
            self._draw_hover(painter, plot, low, high, self._hover)

    def _colour(self, token: str) -> QColor:
        return QColor(self._tokens[token])

    def _draw_axes(self, painter: QPainter, plot: QRectF, low: float, high: float) -> None:
        levels = ticks(low, high)
        for level, text in zip(levels, tick_texts(levels), strict=True):
            y = self._y(plot, low, high, level)
            painter.setPen(QPen(self._colour("border"), 1))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
            painter.setPen(self._colour("muted"))
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(0, y - 9, self._left() - 8, 18), right, text)
        steps = [x for x in ticks(0, self._x_end, 5) if x == int(x)]
        for x in steps:
            at = QRectF(plot.left() + x / self._x_end * plot.width() - 30, plot.bottom() + 5, 60, 18)
            painter.drawText(at, Qt.AlignmentFlag.AlignHCenter, f"{x:g}")
        painter.setPen(self._colour("muted"))
        painter.drawText(QRectF(0, plot.bottom() + 5, self._left() - 8, 18), Qt.AlignmentFlag.AlignRight, self._x_title)

    def _y(self, plot: QRectF, low: float, high: float, value: float) -> float:
        return plot.bottom() - (value - low) / (high - low) * plot.height()

    def _at(self, plot: QRectF, low: float, high: float, point: tuple[float, float]) -> QPointF:
        return QPointF(plot.left() + point[0] / self._x_end * plot.width(), self._y(plot, low, high, point[1]))

    def _draw_mark(self, painter: QPainter, plot: QRectF, low: float, high: float) -> None:
        if self._mark is None:
            return
        y = self._y(plot, low, high, self._mark.value)
        painter.setPen(QPen(self._colour(self._mark.colour), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))

    def _draw_line(self, painter: QPainter, plot: QRectF, low: float, high: float, line: Line, index: int) -> None:
        painter.setPen(QPen(self._colour(line.colour), 2, _DASHES[index % len(_DASHES)]))
        piece: list[QPointF] = []
        for point in (*line.points, (0.0, math.nan)):
            if math.isfinite(point[1]):
                piece.append(self._at(plot, low, high, point))
            elif piece:
                painter.drawPolyline(QPolygonF(piece))
                painter.drawEllipse(piece[-1], 2, 2)
                piece = []

    def _draw_legend(self, painter: QPainter, plot: QRectF) -> None:
        """From right to left over the plot: the level, then the lines."""
        x = plot.right()
        if self._mark is not None:
            pen = QPen(self._colour(self._mark.colour), 1, Qt.PenStyle.DashLine)
            x = self._draw_entry(painter, x, self._mark.title, pen)
        for index, line in reversed(list(enumerate(self._lines))):
            pen = QPen(self._colour(line.colour), 2, _DASHES[index % len(_DASHES)])
            x = self._draw_entry(painter, x, line.title, pen)

    def _draw_entry(self, painter: QPainter, right: float, title: str, pen: QPen) -> float:
        """A name with its line, ending at `right`; returns where the next one to the left ends."""
        text = painter.fontMetrics().elidedText(title, Qt.TextElideMode.ElideRight, max(0, int(right) - 30))
        width = painter.fontMetrics().horizontalAdvance(text)
        painter.setPen(pen)
        painter.drawText(QPointF(right - width, 14), text)
        painter.drawLine(QPointF(right - width - 24, 10), QPointF(right - width - 6, 10))
        return right - width - 38

    def _draw_hover(self, painter: QPainter, plot: QRectF, low: float, high: float, x: float) -> None:
        """What the lines are at `x`, in the place of the legend."""
        texts: list[str] = []
        for line in self._lines:
            if not line.points:
                continue
            point = nearest(line.points, x)
            if math.isfinite(point[1]):
                painter.setPen(QPen(self._colour(line.colour), 2))
                painter.drawEllipse(self._at(plot, low, high, point), 4, 4)
            texts.append(f"{line.title} {point[1]:.4g}")
        painter.setPen(self._colour("text"))
        painter.drawText(QPointF(plot.left(), 14), " · ".join(texts))


def nearest(points: Sequence[tuple[float, float]], x: float) -> tuple[float, float]:
    """The point whose x is closest; `points` are in order of x and not empty."""
    index = bisect_left(points, (x,))
    around = points[max(0, index - 1) : index + 1]
    return min(around, key=lambda point: abs(point[0] - x))
