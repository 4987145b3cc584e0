"""Drawing signals with QPainter: lines from arrays, the paper grid, bands, events, forecasts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPixmap, QPolygonF
from shiboken6 import VoidPtr

from medstation_signals.forecast_payload import Forecast
from medstation_signals.marks import Marks
from medstation_signals.scale import Clock, value_step
from medstation_signals.traces import Trace, Window

Palette = Mapping[str, str]
FAR = 30_000.0
"""Pixels beyond which nothing is drawn: the raster engine keeps coordinates in 16 bits and a bit."""
FEW = 600
"""Points up to which a line may be thick."""
MOST_MARKS = 400
NORMAL = ("N", "Sleep stage W")
"""Stretches that are not tinted: they are as they should be."""


@dataclass(frozen=True)
class Lane:
    """Where a trace stands: y = middle - (value - centre) * per_unit, within `box` (pixels)."""

    trace: Trace
    box: QRectF
    centre: float
    per_unit: float

    def y(self, values: np.ndarray | float) -> np.ndarray:
        middle = self.box.center().y()
        return np.clip(middle - (np.asarray(values, np.float64) - self.centre) * self.per_unit, -FAR, FAR)


def colour(palette: Palette, token: str, alpha: float = 1.0) -> QColor:
    made = QColor(palette[token])
    made.setAlphaF(alpha)
    return made


def polygon(x: np.ndarray, y: np.ndarray) -> QPolygonF:
    """Points (n,) as a polygon, without a Python object for each."""
    made = QPolygonF()
    made.resize(len(x))
    if len(x):
        memory: Any = VoidPtr(made.data(), 16 * len(x), True)  # type: ignore[call-arg, arg-type]
        points = np.frombuffer(memory, np.float64).reshape(-1, 2)
        points[:, 0] = np.clip(x, -FAR, FAR)
        points[:, 1] = y
    return made


def draw_trace(painter: QPainter, lane: Lane, window: Window, pen: QPen) -> None:
    """The line of a lane, or the band between its lowest and highest values; a lone value is a dot.

    Only thin lines of many points are drawn quickly by Qt, and only a filled band is drawn quickly where a pixel
    holds many samples.
    """
    thin = QPen(pen.color(), 1)
    for x, low, high in lane.trace.pieces(window):
        below, above = lane.y(low), lane.y(high)
        if len(x) == 1:
            painter.setPen(pen)
            painter.drawEllipse(QPointF(float(x[0]), float(below[0])), 1.5, 1.5)
        elif np.shares_memory(low, high):
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
            painter.setPen(pen if len(x) < FEW else thin)
            painter.drawPolyline(polygon(x, below))
        else:
            draw_band(painter, x, above, below, pen.color())


def draw_band(painter: QPainter, x: np.ndarray, top: np.ndarray, bottom: np.ndarray, tint: QColor) -> None:
    """A column of pixels from `top` to `bottom` at each `x`, joined to its neighbours: painted with NumPy, since Qt
    takes ten times as long for a polygon with so many corners."""
    view = painter.clipBoundingRect() if painter.hasClipping() else QRectF(painter.viewport())
    left, width = int(x[0]), int(x[-1]) - int(x[0]) + 1
    upper, lower = (np.full(width, value) for value in (np.inf, -np.inf))
    columns = x.astype(int) - left
    upper[columns], lower[columns] = top, bottom
    upper[:-1] = np.minimum(upper[:-1], np.where(np.isinf(lower[1:]), np.inf, lower[1:]))
    lower[:-1] = np.maximum(lower[:-1], np.where(np.isinf(upper[1:]), -np.inf, upper[1:]))
    first, last = int(max(view.top(), upper.min())), int(min(view.bottom(), lower.max())) + 1
    if last <= first:
        return
    rows = np.arange(first, last)[:, None]
    inside = (rows >= np.floor(upper)) & (rows <= np.ceil(lower))
    pixels = np.where(inside, np.uint32(tint.rgba()), np.uint32(0))
    image = QImage(pixels.data, width, last - first, 4 * width, QImage.Format.Format_ARGB32)
    painter.drawImage(QPointF(left, first), image)


def paper(size: QSizeF, palette: Palette, per_mm: tuple[float, float], ratio: float) -> QPixmap:
    """The red grid of ECG paper, a line each mm, a stronger one each 5 mm; 5 mm wider than `size`, to be moved."""
    wide, high = per_mm
    width = size.width() + 5 * wide
    made = QPixmap(int(width * ratio) + 1, int(size.height() * ratio) + 1)
    made.setDevicePixelRatio(ratio)
    made.fill(colour(palette, "panel"))
    painter = QPainter(made)
    for every, strength in ((1, 0.10), (5, 0.26)):
        if every * wide < 3:
            continue
        painter.setPen(QPen(colour(palette, "danger", strength), 1))
        xs, ys = np.arange(0, width, every * wide), np.arange(0, size.height(), every * high)
        painter.drawLines([QLineF(x, 0, x, size.height()) for x in xs.tolist()])
        painter.drawLines([QLineF(0, y, width, y) for y in ys.tolist()])
    painter.end()
    return made


def draw_times(
    painter: QPainter, box: QRectF, palette: Palette, window: Window, clock: Clock, step: float, grid: bool
) -> None:
    """The time axis along the bottom of `box`; `grid` lines where there is no paper."""
    at = clock.first_line(window.start, step)
    while at <= window.end:
        x = float(window.x(at))
        if grid:
            painter.setPen(QPen(colour(palette, "border", 0.6), 1))
            painter.drawLine(QPointF(x, box.top()), QPointF(x, box.bottom() - 20))
        painter.setPen(colour(palette, "muted"))
        painter.drawText(QRectF(x - 60, box.bottom() - 18, 120, 16), Qt.AlignmentFlag.AlignCenter, clock.text(at, step))
        at += step


def draw_values(painter: QPainter, lane: Lane, palette: Palette) -> None:
    """Levels of a lane with their numbers."""
    half = lane.box.height() / 2 / lane.per_unit
    low, high = lane.centre - half, lane.centre + half
    step = value_step(low, high)
    level = np.ceil(low / step) * step
    while level <= high:
        y = float(lane.y(level))
        if lane.box.top() + 26 < y < lane.box.bottom() - 4:
            painter.setPen(QPen(colour(palette, "border", 0.7), 1))
            painter.drawLine(QPointF(lane.box.left(), y), QPointF(lane.box.right(), y))
            painter.setPen(colour(palette, "muted"))
            text = QRectF(lane.box.right() - 86, y - 15, 80, 13)
            painter.drawText(text, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom, f"{level + 0.0:g}")
        level += step


def draw_name(painter: QPainter, palette: Palette, at: QPointF, text: str, token: str) -> None:
    """A lane's name on a ground of its own, so that it can be read over the curve."""
    room = painter.fontMetrics().boundingRect(text)
    box = QRectF(at.x() - 3, at.y() - room.height() + 2, room.width() + 8, room.height() + 2)
    painter.fillRect(box, colour(palette, "panel", 0.8))
    painter.setPen(colour(palette, token))
    painter.drawText(at, text)


def draw_target(painter: QPainter, lane: Lane, palette: Palette, target: tuple[float, float], text: str) -> None:
    """The band that glucose should be in."""
    top, bottom = float(lane.y(target[1])), float(lane.y(target[0]))
    band = QRectF(lane.box.left(), top, lane.box.width(), bottom - top).intersected(lane.box)
    painter.fillRect(band, colour(palette, "safe", 0.13))
    painter.setPen(colour(palette, "safe"))
    painter.drawText(band.adjusted(8, 4, -6, 0), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, text)


def draw_forecast(
    painter: QPainter, lane: Lane, palette: Palette, window: Window, forecast: Forecast, now: tuple[float, float]
) -> None:
    """Bands and the middle after the recording's end, from `now` (seconds, value) on."""
    x = window.x(np.concatenate([[now[0]], forecast.times]))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(Qt.PenStyle.NoPen)
    for level, strength in ((90, 0.22), (50, 0.30)):
        low, high = (np.concatenate([[now[1]], one]) for one in forecast.bands[level])
        painter.setBrush(colour(palette, "ai_alt", strength))
        ring = polygon(np.concatenate([x, x[::-1]]), np.concatenate([lane.y(low), lane.y(high)[::-1]]))
        painter.drawPolygon(ring)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(colour(palette, "ai_alt"), 2, Qt.PenStyle.DashLine))
    painter.drawPolyline(polygon(x, lane.y(np.concatenate([[now[1]], forecast.median]))))
    painter.setPen(QPen(colour(palette, "muted"), 1, Qt.PenStyle.DotLine))
    edge = float(x[0])
    painter.drawLine(QPointF(edge, lane.box.top()), QPointF(edge, lane.box.bottom()))


def draw_marks(
    painter: QPainter,
    box: QRectF,
    window: Window,
    marks: Marks,
    colours: Mapping[str, QColor],
    row: int,
    chosen: int = -1,
) -> None:
    """Moments as ticks with their letter in `row` (0 is the top), intervals as tinted stretches with their name."""
    found = marks.between(window.start, window.end)
    if len(found) > MOST_MARKS:
        found = _rare(marks, found)
    top = box.top() + 3 + 16 * row
    letters = len(found) < window.width / 16
    for index in found.tolist():
        name, x = marks.name(index), float(window.x(marks.starts[index]))
        tint = colours.get(name, colours[""])
        if not np.isnan(marks.ends[index]):
            _interval(painter, box, x, float(window.x(marks.ends[index])), tint, name, index == chosen)
            continue
        painter.setPen(QPen(tint, 2.5 if index == chosen else 1))
        painter.drawLine(QPointF(x, top + 14), QPointF(x, top + 14 + (14 if index == chosen else 7)))
        if letters:
            painter.drawText(QRectF(x - 40, top, 80, 14), Qt.AlignmentFlag.AlignCenter, name)


def _rare(marks: Marks, found: np.ndarray) -> np.ndarray:
    """Of too many events those whose kind is not the commonest, thinned out evenly."""
    types = marks.types[found]
    rest = found[types != np.bincount(types).argmax()]
    return np.asarray(rest[:: -(-len(rest) // MOST_MARKS)] if len(rest) else rest)


def _interval(painter: QPainter, box: QRectF, begin: float, end: float, tint: QColor, name: str, chosen: bool) -> None:
    left, right = max(begin, box.left()), min(end, box.right())
    area = QRectF(left, box.top(), max(right - left, 1.5), box.height())
    soft = QColor(tint)
    soft.setAlphaF(0.24 if chosen else 0.13)
    if name not in NORMAL or chosen:
        painter.fillRect(area, soft)
    painter.setPen(QPen(tint, 2 if chosen else 1))
    painter.drawLine(area.topLeft(), area.bottomLeft())
    painter.drawLine(area.topRight(), area.bottomRight())
    text = QRectF(left + 4, box.bottom() - 36, max(area.width() - 4, 120), 16)
    painter.drawText(text, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)


def mark_colours(palette: Palette, names: Iterable[str], predicted: bool) -> dict[str, QColor]:
    """A colour for each type of event, "" for others: normal beats quiet, the rest told apart."""
    if predicted:
        return {"": colour(palette, "ai"), "N": colour(palette, "ai", 0.6)}
    made = {"": colour(palette, "accent"), "N": colour(palette, "muted")}
    tokens = ("danger", "caution", "accent", "ai_alt", "safe", "before", "after")
    told = {"V": "danger", "S": "caution", "A": "caution", "F": "ai_alt", "AFIB": "caution", "VT": "danger"}
    others = [name for name in names if name not in made and name not in told]
    made |= {name: colour(palette, token) for name, token in told.items()}
    return made | {name: colour(palette, tokens[number % len(tokens)]) for number, name in enumerate(others)}
