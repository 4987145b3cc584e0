"""The picture of an explanation, with what the check says of it above."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QDialog, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from medstation.api import Json
from medstation.widgets.panels import Note, button, label

LARGEST = QSize(1180, 720)


class WhyDialog(QDialog):
    """Signal: `save_asked`."""

    save_asked = Signal()

    def __init__(self, facts: Json, png: bytes, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Why “{0}”").format(facts["target"]))
        self.picture = FittedPicture(png)
        self.picture.setAccessibleName(facts["says"])
        told = self.tr("{0} · {1} · {2} s").format(facts["model"], facts["title"], f"{facts['seconds']:.1f}")
        self.verdict: QWidget = label(facts["says"], wrap=True) if facts["check"]["better"] else Note(facts["says"])
        self.save, close = button(self.tr("Save…")), button(self.tr("Close"), "primary")
        self.save.clicked.connect(self.save_asked)
        close.clicked.connect(self.accept)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(label(told, "muted"))
        row.addStretch(1)
        row.addWidget(self.save)
        row.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 16)
        layout.setSpacing(10)
        layout.addWidget(self.verdict)
        layout.addWidget(self.picture, 1)
        layout.addLayout(row)


class FittedPicture(QWidget):
    """A picture as large as there is room, never larger than it is."""

    def __init__(self, png: bytes) -> None:
        super().__init__()
        self._pixmap = QPixmap()
        self._pixmap.loadFromData(png)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return self._pixmap.size().boundedTo(LARGEST)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint() / 2

    def paintEvent(self, event: QPaintEvent) -> None:
        target = self._pixmap.size()
        if target.width() > self.width() or target.height() > self.height():
            target = target.scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        left, top = (self.width() - target.width()) // 2, (self.height() - target.height()) // 2
        painter.drawPixmap(left, top, target.width(), target.height(), self._pixmap)
