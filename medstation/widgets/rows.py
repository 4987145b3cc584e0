"""Rows of lists: a title with a word of state, a line below, something at the right. Keys reach them too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QLayout, QSizePolicy

from medstation.widgets.theme import blend

_PAD, _SWATCH = 8, 10


@dataclass(frozen=True)
class RowText:
    """What a row says. `swatch`, `tone` (of the title) and `state_tone` are tokens of the theme."""

    title: str
    detail: str = ""
    right: str = ""
    right_detail: str = ""
    state: str = ""
    state_tone: str = ""
    swatch: str = ""
    tone: str = ""


def rows_in(layout: QLayout) -> Iterator[Row]:
    """The rows that stand in a layout, from top to bottom."""
    for index in range(layout.count()):
        item = layout.itemAt(index)
        widget = item.widget() if item else None
        if isinstance(widget, Row):
            yield widget


class Row(QAbstractButton):
    """One row. `key` is the caller's; `clicked` comes by mouse, Enter or space. `tokens` is kept, not copied."""

    def __init__(self, key: str, text: RowText, tokens: Mapping[str, str]) -> None:
        super().__init__()
        self.key = key
        self._row = text
        self._tokens = tokens
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        said = (text.title, text.state, text.right, text.detail, text.right_detail)
        self.setAccessibleName(", ".join(one for one in said if one))
        self.setToolTip("\n".join(one for one in (text.title, text.detail) if one))

    def sizeHint(self) -> QSize:
        line = QFontMetrics(self._fonts()[0]).height()
        small = QFontMetrics(self._fonts()[1]).height() + 3 if self._row.detail or self._row.right_detail else 0
        return QSize(160, line + small + 12)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, self.sizeHint().height())

    def _fonts(self) -> tuple[QFont, QFont]:
        title, small = QFont(self.font()), QFont(self.font())
        title.setWeight(QFont.Weight.DemiBold)
        small.setPixelSize(max(10, self.fontInfo().pixelSize() - 2))
        return title, small

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._draw_ground(painter)
        title, small = self._fonts()
        height = QFontMetrics(title).height()
        left = _PAD + (_SWATCH + 8 if self._row.swatch else 0)
        if self._row.swatch:
            square = QRectF(_PAD, 6 + (height - _SWATCH) / 2, _SWATCH, _SWATCH)
            painter.fillRect(square, QColor(self._tokens[self._row.swatch]))
        self._draw_line(painter, title, self.font(), left, 6, height, self._row.title, self._row.right, first=True)
        below = 6 + height + 3
        small_height = QFontMetrics(small).height()
        self._draw_line(painter, small, small, left, below, small_height, self._row.detail, self._row.right_detail)

    def _draw_ground(self, painter: QPainter) -> None:
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        ground = "selection" if self.isChecked() else "raised" if self.underMouse() else ""
        painter.setPen(QPen(QColor(self._tokens["accent"]), 1) if self.hasFocus() else Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._tokens[ground]) if ground else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box, 6, 6)
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _draw_line(
        self,
        painter: QPainter,
        font: QFont,
        right_font: QFont,
        left: int,
        top: int,
        height: int,
        text: str,
        right: str,
        first: bool = False,
    ) -> None:
        free = self.width() - left - _PAD
        if right:
            painter.setFont(right_font)
            painter.setPen(QColor(self._tokens["text" if first else "muted"]))
            painter.drawText(QRectF(left, top, free, height), Qt.AlignmentFlag.AlignRight, right)
            free -= QFontMetrics(right_font).horizontalAdvance(right) + 10
        if first and self._row.state:
            free -= self._draw_state(painter, left, top, height, free, text, font)
        painter.setFont(font)
        painter.setPen(QColor(self._tokens[(self._row.tone or "text") if first else "muted"]))
        shown = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, int(free))
        painter.drawText(QRectF(left, top, free, height), Qt.AlignmentFlag.AlignLeft, shown)

    def _draw_state(
        self, painter: QPainter, left: int, top: int, height: int, free: int, text: str, font: QFont
    ) -> int:
        """The word of state in its outline, after the title; the width it takes, pixels."""
        small = self._fonts()[1]
        width = QFontMetrics(small).horizontalAdvance(self._row.state) + 16
        x = left + min(QFontMetrics(font).horizontalAdvance(text) + 8, free - width)
        colour = self._tokens[self._row.state_tone or "text"]
        painter.setPen(QPen(QColor(blend(colour, self._tokens["panel"], 0.6)), 1))
        box = QRectF(x + 0.5, top + 0.5, width, height - 1)
        painter.drawRoundedRect(box, height / 2, height / 2)
        painter.setFont(small)
        painter.setPen(QColor(colour))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self._row.state)
        return width + 8
