"""Icons: the files of resources/icons, drawn in the colour that is asked for."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from medstation.paths import resources

SCALE = 2
"""Pixels per logical pixel that icons are drawn with, so that they stay sharp on dense screens."""


def pixmap(name: str, colour: str, size: int = 20) -> QPixmap:
    """The icon `name` in `colour` ("#rrggbb"), `size` logical pixels square; an unknown name is drawn as its letter."""
    return _drawn(name, colour, size)


def icon(name: str, colour: str, active: str = "", size: int = 20) -> QIcon:
    """The icon in `colour`, and in `active` while its button is checked."""
    made = QIcon(pixmap(name, colour, size))
    if active:
        made.addPixmap(pixmap(name, active, size), QIcon.Mode.Normal, QIcon.State.On)
        made.addPixmap(pixmap(name, active, size), QIcon.Mode.Active, QIcon.State.On)
    return made


@lru_cache(maxsize=256)
def _drawn(name: str, colour: str, size: int) -> QPixmap:
    made = QPixmap(size * SCALE, size * SCALE)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    path = resources() / "icons" / f"{name}.svg"
    if path.is_file():
        drawing = path.read_text("utf-8").replace("currentColor", colour)
        QSvgRenderer(QByteArray(drawing.encode())).render(painter, QRectF(made.rect()))
    else:
        _draw_letter(painter, name, colour, made.width())
    painter.end()
    made.setDevicePixelRatio(SCALE)
    return made


def _draw_letter(painter: QPainter, name: str, colour: str, side: int) -> None:
    font = painter.font()
    font.setPixelSize(round(side * 0.75))
    painter.setFont(font)
    painter.setPen(QColor(colour))
    painter.drawText(QRectF(0, 0, side, side), Qt.AlignmentFlag.AlignCenter, name[:1].upper() or "?")
