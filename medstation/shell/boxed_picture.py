"""A picture with boxes over it: drag to add one, click into one to take it away."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from medstation.shell.text_sheet import LEAST, TextSheet
from medstation.widgets.theme import TOKENS

OUTLINE = TOKENS["dark"]["image_ai"]
"""For black image backgrounds, in both themes."""


class BoxedPicture(QWidget):
    """Shows the sheet's page as large as it fits. Signal: `changed`, after a box came or went."""

    changed = Signal()

    def __init__(self, sheet: TextSheet) -> None:
        super().__init__()
        self._sheet = sheet
        self._from: QPointF | None = None
        self._to: QPointF | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Picture with boxes: drag to add one, click into one to take it away"))

    def minimumSizeHint(self) -> QSize:
        return QSize(420, 320)

    def sizeHint(self) -> QSize:
        return QSize(860, 600)

    def place(self, spot: QPointF) -> tuple[float, float]:
        """A spot of the widget as (x, y) in pixels of the picture."""
        target, scale = self._target()
        return (spot.x() - target.left()) / scale, (spot.y() - target.top()) / scale

    def spot(self, x: float, y: float) -> QPointF:
        """A place in the picture as a spot of the widget."""
        target, scale = self._target()
        return QPointF(target.left() + x * scale, target.top() + y * scale)

    def _target(self) -> tuple[QRectF, float]:
        rows, columns = self._sheet.page.picture.shape
        scale = max(min(self.width() / columns, self.height() / rows), 1e-6)
        width, height = columns * scale, rows * scale
        return QRectF((self.width() - width) / 2, (self.height() - height) / 2, width, height), scale

    def paintEvent(self, event: QPaintEvent) -> None:
        page = self._sheet.page
        rows, columns = page.picture.shape
        grey = np.ascontiguousarray(page.picture)
        image = QImage(grey.data, columns, rows, columns, QImage.Format.Format_Grayscale8)
        painter = QPainter(self)
        painter.fillRect(self.rect(), Qt.GlobalColor.black)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(self._target()[0], image)
        painter.setPen(QPen(QColor(OUTLINE), 2))
        for left, top, right, bottom in page.boxes:
            painter.drawRect(QRectF(self.spot(left, top), self.spot(right, bottom)))
        if self._from is not None and self._to is not None:
            painter.setPen(QPen(QColor(OUTLINE), 1, Qt.PenStyle.DashLine))
            painter.drawRect(QRectF(self._from, self._to).normalized())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._from = self._to = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._to = event.position()
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._from is None:
            return
        first, second = self.place(self._from), self.place(event.position())
        self._from = self._to = None
        if max(abs(first[0] - second[0]), abs(first[1] - second[1])) < LEAST:
            self._sheet.remove_at(*second)
        else:
            self._sheet.add(first, second)
        self._tell()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete takes the newest box away."""
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._sheet.remove_last()
            self._tell()
        else:
            super().keyPressEvent(event)

    def _tell(self) -> None:
        self.update()
        self.changed.emit()
