"""The widget that draws a recording: lanes over one time axis, with events, target band and forecast."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from medstation_signals import paint
from medstation_signals.forecast_payload import Forecast
from medstation_signals.marks import Editor, Marks
from medstation_signals.scale import PAPER_GAIN, PAPER_SPEED, Clock, pixels_per_mm, time_step
from medstation_signals.traces import Trace, Window
from medstation_signals.units import target, tidy, to_millivolts

AXIS = 22
LEAST_SPAN, BEYOND = 0.05, 0.06
GRAB = 7
"""Pixels around an event that a click means it."""
ZOOM = 1.25


class SignalCanvas(QWidget):
    """Shows `traces` from `start` seconds on, `span` seconds wide.

    Signals: `moved` (the window in time changed), `hovered(seconds)`, `clicked(seconds, pixel tolerance in seconds)`,
    `drawn(begin, end)` (an interval was drawn with Shift), `key_pressed(event)`.
    """

    moved = Signal()
    hovered = Signal(float)
    clicked = Signal(float, float)
    drawn = Signal(float, float)

    def __init__(self, palette: Mapping[str, str], kind: str, start: str, duration: float) -> None:
        super().__init__()
        self.tokens, self.kind, self.duration = palette, kind, max(duration, 1e-3)
        self.clock = Clock(start)
        self.traces: list[Trace] = []
        self.editor: Editor | None = None
        self.predictions: dict[str, Marks] = {}
        self.forecasts: dict[str, tuple[Forecast, str]] = {}
        self.show_marks = True
        self.paper = kind == "ecg"
        self.speed, self.gain = PAPER_SPEED, PAPER_GAIN
        self.start, self.span = 0.0, min(self.duration, 10.0)
        self._grid: tuple[tuple[object, ...], QPixmap] | None = None
        self._drag: tuple[QPointF, float] | None = None
        self._interval: tuple[float, float] | None = None
        self.setMinimumSize(QSize(240, 160))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Signals over time"))

    # ------------------------------------------------------------------ time

    @property
    def per_mm(self) -> float:
        """Pixels of a millimetre on this screen."""
        screen = self.screen()
        return pixels_per_mm(screen.physicalDotsPerInch(), screen.logicalDotsPerInch())

    @property
    def end(self) -> float:
        """The last moment there is anything to see of: forecasts reach beyond the recording."""
        return max([self.duration, *(float(one.times[-1]) for one, _ in self.forecasts.values())])

    def view(self) -> Window:
        return Window(self.start, self.span / max(self.width(), 1), self.width())

    def show_span(self, start: float, span: float) -> None:
        """Show `span` seconds from `start` on, kept near the recording."""
        self.span = float(np.clip(span, LEAST_SPAN, max(self.end * (1 + 2 * BEYOND), LEAST_SPAN)))
        margin = BEYOND * self.span
        latest = max(self.end + margin - self.span, -margin)
        self.start = float(np.clip(start, -margin, latest))
        self.moved.emit()
        self.update()

    def centre_on(self, seconds: float) -> None:
        self.show_span(seconds - self.span / 2, self.span)

    def zoom(self, factor: float, around: float | None = None) -> None:
        """Show `factor` times as much time around a moment (the middle)."""
        at = self.start + self.span / 2 if around is None else around
        self.paper = False
        self.show_span(at - (at - self.start) * factor, self.span * factor)

    def use_paper(self, speed: float) -> None:
        """The paper scale: `speed` in mm/s, true to the screen's size."""
        self.paper, self.speed = True, speed
        middle = self.start + self.span / 2
        span = self.width() / (self.per_mm * speed)
        self.show_span(middle - span / 2 if self.start > 0 else self.start, span)

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self.paper:
            self.show_span(self.start, self.width() / (self.per_mm * self.speed))
        super().resizeEvent(event)

    # ------------------------------------------------------------------ lanes

    def lanes(self) -> list[paint.Lane]:
        shown = [one for one in self.traces if one.visible]
        height = (self.height() - AXIS) / max(len(shown), 1)
        return [
            self._lane(trace, QRectF(0, number * height, self.width(), height)) for number, trace in enumerate(shown)
        ]

    def _lane(self, trace: Trace, box: QRectF) -> paint.Lane:
        low, high, median = trace.usual
        millivolts = to_millivolts(trace.unit) if trace.quantity == "ecg" else None
        if self.kind == "ecg" and millivolts is not None:
            per_unit = millivolts * self.gain * self.per_mm
            fits = (high - low) * per_unit < 0.8 * box.height()
            return paint.Lane(trace, box, (low + high) / 2 if fits else median, per_unit)
        if trace.quantity == "glucose":
            edges = target(trace.unit)
            low, high = min(low, 0.75 * edges[0]), max(high, 1.15 * edges[1])
        for forecast, _ in self.forecasts.values():
            if forecast.channel == trace.name:
                bands = np.concatenate([edge for band in forecast.bands.values() for edge in band])
                low, high = min(low, float(np.nanmin(bands))), max(high, float(np.nanmax(bands)))
        half = max(high - low, 1e-9) * 0.58 / (self.gain / PAPER_GAIN)
        return paint.Lane(trace, box, (low + high) / 2, box.height() / 2 / half)

    # ------------------------------------------------------------------ painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), paint.colour(self.tokens, "panel"))
        font = QFont(self.font())
        font.setPixelSize(max(10, self.fontInfo().pixelSize() - 2))
        painter.setFont(font)
        window, lanes = self.view(), self.lanes()
        body = QRectF(0, 0, self.width(), self.height() - AXIS)
        fine = 1 / (window.per_pixel * self.speed)
        paper = self.kind == "ecg" and fine >= 1.2
        if paper:
            self._draw_paper(painter, body, window, fine)
        for lane in lanes:
            self._draw_below(painter, lane, paper)
        step = time_step(window.per_pixel)
        paint.draw_times(painter, QRectF(self.rect()), self.tokens, window, self.clock, step, not paper)
        self._draw_intervals(painter, body, window)
        for number, lane in enumerate(lanes):
            self._draw_lane(painter, lane, window, number)

    def _draw_paper(self, painter: QPainter, body: QRectF, window: Window, wide: float) -> None:
        """The grid moves with the time; it is drawn once and kept as long as its scale is the same."""
        key = (self.width(), self.height(), wide, self.gain_pixels(), self.tokens["panel"], self.devicePixelRatioF())
        if self._grid is None or self._grid[0] != key:
            picture = paint.paper(body.size(), self.tokens, (wide, self.gain_pixels()), self.devicePixelRatioF())
            self._grid = (key, picture)
        offset = -(window.start / window.per_pixel) % (5 * wide)
        painter.setClipRect(body)
        painter.drawPixmap(QPointF(offset - 5 * wide, 0), self._grid[1])
        painter.setClipping(False)

    def gain_pixels(self) -> float:
        """Pixels of a grid millimetre upwards; with the gain zoomed, the grid stays 10 to the mV."""
        return self.per_mm * self.gain / PAPER_GAIN

    def _draw_below(self, painter: QPainter, lane: paint.Lane, paper: bool) -> None:
        if not paper:
            paint.draw_values(painter, lane, self.tokens)
        if lane.trace.quantity == "glucose":
            low, high = target(lane.trace.unit)
            text = self.tr("target {0}–{1} {2}").format(f"{low:.3g}", f"{high:.3g}", tidy(lane.trace.unit))
            paint.draw_target(painter, lane, self.tokens, (low, high), text)

    def _draw_lane(self, painter: QPainter, lane: paint.Lane, window: Window, number: int) -> None:
        token = "accent" if lane.trace.quantity != "ecg" else "text"
        width = 1.6 if lane.trace.times is not None else 1.0
        painter.setClipRect(lane.box if lane.trace.quantity != "ecg" else QRectF(self.rect()).adjusted(0, 0, 0, -AXIS))
        paint.draw_trace(painter, lane, window, QPen(paint.colour(self.tokens, token), width))
        for forecast, text in self.forecasts.values():
            if forecast.channel == lane.trace.name:
                now = self._now(lane.trace)
                paint.draw_forecast(painter, lane, self.tokens, window, forecast, now)
                self._draw_forecast_words(painter, float(window.x(now[0])), text)
        painter.setClipping(False)
        unit = f"  {lane.trace.unit}" if lane.trace.unit and lane.trace.quantity != "ecg" else ""
        rows = 16 * (bool(self.editor and len(self.editor.marks)) + len(self.predictions)) if lane.box.top() < 1 else 0
        at = QPointF(8, lane.box.top() + min(16 + rows, lane.box.height() / 2))
        paint.draw_name(painter, self.tokens, at, f"{lane.trace.name}{unit}", "text")

    def _now(self, trace: Trace) -> tuple[float, float]:
        if trace.times is not None and trace.values is not None and len(trace.times):
            return float(trace.times[-1]), float(trace.values[-1] * trace.scale + trace.offset)
        return self.duration, trace.value_at(self.duration - 1.5 * trace.step)

    def _draw_intervals(self, painter: QPainter, body: QRectF, window: Window) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        if self.show_marks and self.editor:
            marks = self.editor.marks
            colours = paint.mark_colours(self.tokens, marks.names, False)
            paint.draw_marks(painter, body, window, marks, colours, 0, self.editor.selected)
            for row, found in enumerate(self.predictions.values(), 1 if len(marks) else 0):
                predicted = paint.mark_colours(self.tokens, found.names, True)
                paint.draw_marks(painter, body, window, found, predicted, row)
        if self._interval:
            begin, end = sorted(self._interval)
            left, right = float(window.x(begin)), float(window.x(end))
            painter.fillRect(QRectF(left, 0, right - left, body.height()), paint.colour(self.tokens, "accent", 0.2))

    def _draw_forecast_words(self, painter: QPainter, x: float, text: str) -> None:
        if -400 < x < self.width():
            painter.setPen(paint.colour(self.tokens, "muted"))
            room = painter.fontMetrics().horizontalAdvance(text) + 12
            painter.drawText(QPointF(x + 6 if x + room < self.width() else x - room, 18), text)

    # ------------------------------------------------------------------ mouse

    def _seconds(self, x: float) -> float:
        return self.start + x * self.span / max(self.width(), 1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            at = self._seconds(event.position().x())
            self._interval = (at, at)
        else:
            self._drag = (event.position(), self.start)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = self._seconds(event.position().x())
        self.hovered.emit(at)
        if self._interval:
            self._interval = (self._interval[0], at)
            self.update()
        elif self._drag and event.buttons() & Qt.MouseButton.LeftButton:
            begun, start = self._drag
            self.show_span(start - (event.position().x() - begun.x()) * self.span / self.width(), self.span)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._interval:
            begin, end = sorted(self._interval)
            self._interval = None
            if end - begin > 2 * self.span / self.width():
                self.drawn.emit(begin, end)
            self.update()
        elif self._drag:
            begun, _ = self._drag
            self._drag = None
            if (event.position() - begun).manhattanLength() < 4:
                self.clicked.emit(self._seconds(event.position().x()), GRAB * self.span / self.width())

    def wheelEvent(self, event: QWheelEvent) -> None:
        turns = event.angleDelta().y() / 120 or event.angleDelta().x() / 120
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom(ZOOM**-turns, self._seconds(event.position().x()))
        else:
            self.show_span(self.start - 0.12 * turns * self.span, self.span)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()  # the view around it knows the keys
