"""Drawing of slices with QPainter: picture, masks, crosshair, letters and captions. Text is always plain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QImage, QPainter, QPen, QTransform

from medstation.widgets.camera import Placement
from medstation.widgets.colourmap import Grey, fill_table
from medstation.widgets.masks import MaskLayer, Patch
from medstation.widgets.outline import outline
from medstation.widgets.resample import Enlarger, is_enlarged, scaled

MARGIN = 9
GAP = 14
"""Pixels around the crosshair's centre that stay free."""
MOST_RUNS = 8000
"""An outline of more runs than this (noise) is left out: it would be a carpet of lines, and slow."""
PLATE = 0.65
"""How much the plate behind text dims: enough for a contrast of 5 to 1 on white."""


@dataclass(frozen=True)
class Line:
    """A line of text; `swatch` is the colour of the little square before it ("" for none)."""

    text: str
    swatch: str = ""


def caption_font(pixels: int) -> QFont:
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPixelSize(pixels)
    return font


def image_of(pixels: Grey) -> QImage:
    """A QImage over uint8 (rows, columns) or (rows, columns, 3), C-contiguous. Use it only while the array lives."""
    rows, columns = pixels.shape[:2]
    kind = QImage.Format.Format_RGB888 if pixels.ndim == 3 else QImage.Format.Format_Grayscale8
    return QImage(pixels.data, columns, rows, pixels.strides[0], kind)


def draw_picture(painter: QPainter, pixels: Grey, placement: Placement, ratio: float, enlarger: Enlarger) -> None:
    """The picture at its place; `ratio` is the screen's pixels per logical pixel."""
    on_screen = scaled(placement, ratio)
    if not is_enlarged(pixels, on_screen):
        draw_with_qt(painter, pixels, placement, on_screen)
        return
    device = painter.device()  # an image: its size is in the screen's own pixels
    enlarged = enlarger.enlarge(pixels, on_screen, (device.width(), device.height()))
    if enlarged is not None:
        image = image_of(enlarged.pixels)
        image.setDevicePixelRatio(ratio)
        painter.drawImage(QPointF(enlarged.left / ratio, enlarged.top / ratio), image)


def draw_with_qt(painter: QPainter, pixels: Grey, placement: Placement, on_screen: Placement) -> None:
    """Pictures in colour, and those made smaller: averaged down first, because bilinear sampling would skip pixels."""
    image = image_of(pixels)
    if min(on_screen.width, on_screen.height) < 1:
        size = QSize(round(image.width() * on_screen.width), round(image.height() * on_screen.height))
        image = image.scaled(
            size.expandedTo(QSize(1, 1)),
            Qt.AspectRatioMode.IgnoreAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
    rows, columns = pixels.shape[:2]
    painter.drawImage(QRectF(placement.left, placement.top, columns * placement.width, rows * placement.height), image)


def draw_patch(painter: QPainter, layer: MaskLayer, patch: Patch, opacity: float, placement: Placement) -> None:
    """One layer's part of this slice: filled with `opacity`, with a sharp outline in the full colour."""
    filled = np.take(fill_table(layer.colours, opacity), patch.values)
    rows, columns = patch.values.shape
    image = QImage(filled.data, columns, rows, filled.strides[0], QImage.Format.Format_ARGB32_Premultiplied)
    painter.save()
    painter.setTransform(transform(placement, patch), True)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
    painter.drawImage(0, 0, image)
    for value in patch.present:
        draw_outline(painter, patch.values == value, layer.colour(value))
    painter.restore()


def transform(placement: Placement, patch: Patch) -> QTransform:
    """Patch pixels -> screen."""
    left, top = placement.to_screen(patch.row, patch.column)
    return QTransform(placement.width, 0, 0, placement.height, left, top)


def draw_outline(painter: QPainter, inside: NDArray[np.bool_], colour: str) -> None:
    edges = outline(inside)
    if len(edges) > MOST_RUNS:
        return
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    pen = QPen(QColor(colour), 1.5)
    pen.setCosmetic(True)
    painter.setPen(pen)
    painter.drawLines([QLineF(c0, r0, c1, r1) for r0, c0, r1, c1 in edges.tolist()])


def draw_crosshair(painter: QPainter, spot: tuple[float, float], room: tuple[int, int], colour: str) -> None:
    """Two thin lines through a point of the screen, open around it so that nothing there is hidden."""
    x, y = round(spot[0]), round(spot[1])
    tone = QColor(colour)
    tone.setAlphaF(0.55)
    for start, end in ((0, x - GAP), (x + GAP, room[0])):
        painter.fillRect(start, y, max(end - start, 0), 1, tone)
    for start, end in ((0, y - GAP), (y + GAP, room[1])):
        painter.fillRect(x, start, 1, max(end - start, 0), tone)


def draw_text(painter: QPainter, at: QPointF, text: str, ink: str, shade: str, before: float = 0.0) -> None:
    """Text on a plate that keeps it readable on any picture. `at` is the base line's left end, `before` more plate."""
    metrics = painter.fontMetrics()
    plate = QRectF(
        at.x() - before, at.y() - metrics.ascent(), metrics.horizontalAdvance(text) + before, metrics.height()
    )
    dim = QColor(shade)
    dim.setAlphaF(PLATE)
    painter.fillRect(plate.adjusted(-3, -1, 3, 1), dim)
    painter.setPen(QColor(ink))
    painter.drawText(at, text)


def room_taken(painter: QPainter, room: QRect, lines: Sequence[Line]) -> int:
    """Height in pixels of corner lines that reach the middle of `room`; 0 when none does."""
    metrics = painter.fontMetrics()
    reach = max((metrics.horizontalAdvance(line.text) for line in lines), default=0) + 2 * MARGIN
    return (metrics.height() + 2) * len(lines) if reach > room.width() / 2 else 0


def draw_lines(
    painter: QPainter, room: QRect, corner: Qt.AlignmentFlag, lines: Sequence[Line], ink: str, shade: str
) -> None:
    """Lines of text in a corner of `room`; `corner` is top or bottom with left or right."""
    metrics = painter.fontMetrics()
    step = metrics.height() + 2
    down = room.bottom() - MARGIN - metrics.descent() - step * (len(lines) - 1)
    y = float(down if corner & Qt.AlignmentFlag.AlignBottom else room.top() + MARGIN + metrics.ascent())
    for line in lines:
        width = metrics.horizontalAdvance(line.text)
        x = float(room.right() - MARGIN - width if corner & Qt.AlignmentFlag.AlignRight else room.left() + MARGIN)
        side = metrics.ascent() * 0.6 if line.swatch else 0.0
        draw_text(painter, QPointF(x, y), line.text, ink, shade, before=side and side + 6)
        if line.swatch:
            painter.fillRect(QRectF(x - side - 6, y - side, side, side), QColor(line.swatch))
        y += step


def draw_letters(
    painter: QPainter, room: QRect, letters: tuple[str, str, str, str], ink: str, shade: str, lowered: int = 0
) -> None:
    """Orientation letters at the middle of the left, right, top and bottom edge; the top one `lowered` pixels."""
    metrics = painter.fontMetrics()
    middle_x, middle_y = room.center().x(), room.center().y() + metrics.ascent() / 2 - 1
    left, right, top, bottom = letters
    width = metrics.horizontalAdvance
    places = (
        (left, room.left() + MARGIN, middle_y),
        (right, room.right() - MARGIN - width(right), middle_y),
        (top, middle_x - width(top) / 2, room.top() + MARGIN + metrics.ascent() + lowered),
        (bottom, middle_x - width(bottom) / 2, room.bottom() - MARGIN - metrics.descent()),
    )
    for letter, x, y in places:
        if letter:
            draw_text(painter, QPointF(x, y), letter, ink, shade)
