"""How a patient and a record look in the library."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from medstation.shell.library_model import BADGES, KEY, SUBTITLE, THUMBNAIL, Index
from medstation.widgets.icons import pixmap

PICTURE = 38
_PAD = 8


class LibraryDelegate(QStyledItemDelegate):
    """Draws the rows; `icon` is shown where a record has no picture. `tokens` is kept, not copied."""

    def __init__(self, tokens: Mapping[str, str]) -> None:
        super().__init__()
        self._tokens = tokens
        self.icon = "task"

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        lines = QFontMetrics(self._bold(option)).height() + QFontMetrics(self._small(option)).height() + 2
        return QSize(120, max(lines + 14, PICTURE + 12) if index.data(KEY) else lines + 14)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(option.rect).adjusted(1, 1, -1, -1)
        self._draw_ground(painter, option, box)
        left = box.left() + _PAD
        if index.data(KEY):
            self._draw_picture(painter, index, QRectF(left, box.center().y() - PICTURE / 2, PICTURE, PICTURE))
            left += PICTURE + 10
        self._draw_text(painter, option, index, QRectF(left, box.top(), box.right() - left - _PAD, box.height()))
        painter.restore()

    def _draw_ground(self, painter: QPainter, option: QStyleOptionViewItem, box: QRectF) -> None:
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        if selected or hovered:
            painter.setPen(QPen(QColor(self._tokens["accent"]), 1) if selected else Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self._tokens["selection" if selected else "raised"]))
            painter.drawRoundedRect(box, 6, 6)

    def _draw_picture(self, painter: QPainter, index: Index, place: QRectF) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._tokens["raised"]))
        painter.drawRoundedRect(place, 4, 4)
        picture = index.data(THUMBNAIL)
        if not isinstance(picture, QPixmap):
            drawn = pixmap(self.icon, self._tokens["muted"], 20)
            painter.drawPixmap(
                QRectF(place.center().x() - 10, place.center().y() - 10, 20, 20), drawn, QRectF(drawn.rect())
            )
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        size = picture.size().scaled(int(place.width()), int(place.height()), Qt.AspectRatioMode.KeepAspectRatio)
        at = QRectF(0, 0, size.width(), size.height())
        at.moveCenter(place.center())
        painter.drawPixmap(at, picture, QRectF(picture.rect()))

    def _draw_text(self, painter: QPainter, option: QStyleOptionViewItem, index: Index, place: QRectF) -> None:
        font, small = QFont(option.font) if index.data(KEY) else self._bold(option), self._small(option)
        height, small_height = QFontMetrics(font).height(), QFontMetrics(small).height()
        top = place.center().y() - (height + small_height + 2) / 2
        free = place.width()
        for word, token in reversed(index.data(BADGES) or ()):
            free -= self._draw_badge(painter, small, QRectF(place.left(), top, free, height), word, token)
        self._draw_elided(painter, font, "text", QRectF(place.left(), top, free, height), index.data())
        below = QRectF(place.left(), top + height + 2, place.width(), small_height)
        self._draw_elided(painter, small, "muted", below, index.data(SUBTITLE) or "")

    def _draw_elided(self, painter: QPainter, font: QFont, token: str, place: QRectF, text: str) -> None:
        painter.setFont(font)
        painter.setPen(QColor(self._tokens[token]))
        shown = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, int(place.width()))
        painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)

    def _draw_badge(self, painter: QPainter, font: QFont, place: QRectF, word: str, token: str) -> float:
        width = QFontMetrics(font).horizontalAdvance(word)
        painter.setFont(font)
        painter.setPen(QColor(self._tokens[token]))
        painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, word)
        return float(width + 8)

    def _bold(self, option: QStyleOptionViewItem) -> QFont:
        font = QFont(option.font)
        font.setWeight(QFont.Weight.DemiBold)
        return font

    def _small(self, option: QStyleOptionViewItem) -> QFont:
        font = QFont(option.font)
        font.setPixelSize(max(10, option.fontMetrics.height() - 6))
        return font
