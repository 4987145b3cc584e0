"""The strip below: the whole recording at once, its events, and where the window stands."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QWidget

from medstation_signals import paint
from medstation_signals.canvas import SignalCanvas
from medstation_signals.events import beat_class
from medstation_signals.traces import Window

HEIGHT = 44
LEAST_WINDOW = 3.0
LEAST_BEATS = 30


class Overview(QWidget):
    """Follows a canvas, and moves it when it is clicked or dragged. Emits `asked(seconds)`."""

    asked = Signal(float)

    def __init__(self, palette: Mapping[str, str], canvas: SignalCanvas) -> None:
        super().__init__()
        self.tokens, self.canvas = palette, canvas
        self._picture: QPixmap | None = None
        self.setFixedHeight(HEIGHT)
        self.setAccessibleName(self.tr("Whole recording"))
        canvas.moved.connect(self.update)

    def renew(self) -> None:
        """Draw the recording anew: its data, events or colours changed."""
        self._picture = None
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._picture = None
        super().resizeEvent(event)

    def _window(self) -> Window:
        return Window(0.0, self.canvas.end / max(self.width(), 1), self.width())

    def _draw_whole(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        picture = QPixmap(int(self.width() * ratio), int(self.height() * ratio))
        picture.setDevicePixelRatio(ratio)
        picture.fill(paint.colour(self.tokens, "raised"))
        painter = QPainter(picture)
        window, box = self._window(), QRectF(0, 4, self.width(), HEIGHT - 14)
        shown = [one for one in self.canvas.traces if one.visible]
        rates = self._heart_rates()
        if rates is not None:
            self._draw_rates(painter, window, box, *rates)
        elif shown:
            low, high, _ = shown[0].usual
            lane = paint.Lane(shown[0], box, (low + high) / 2, box.height() / max(high - low, 1e-9))
            painter.setClipRect(box)
            paint.draw_trace(painter, lane, window, QPen(paint.colour(self.tokens, "accent", 0.8), 1))
            painter.setClipping(False)
        self._draw_events(painter, window)
        painter.end()
        return picture

    def _heart_rates(self) -> tuple[np.ndarray, np.ndarray] | None:
        """(seconds, beats per minute), the median of some beats, where there are enough beats of an ECG."""
        editor = self.canvas.editor
        if self.canvas.kind != "ecg" or editor is None:
            return None
        marks = editor.marks
        beats = np.array([bool(beat_class(name)) for name in marks.names], bool)
        moments = marks.starts[beats[marks.types] & np.isnan(marks.ends)] if len(marks) else np.zeros(0)
        if len(moments) < LEAST_BEATS:
            return None
        group = max(5, len(moments) // max(self.width(), 1))
        count = (len(moments) - 1) // group
        rates = 60 / np.maximum(np.diff(moments)[: count * group].reshape(count, group), 0.2)
        return moments[: count * group : group], np.median(rates, axis=1)

    def _draw_rates(
        self, painter: QPainter, window: Window, box: QRectF, seconds: np.ndarray, rates: np.ndarray
    ) -> None:
        low, high = float(np.quantile(rates, 0.005)) - 3, float(np.quantile(rates, 0.995)) + 3
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setPen(QPen(paint.colour(self.tokens, "accent"), 1.3))
        heights = box.bottom() - (np.clip(rates, low, high) - low) / (high - low) * box.height()
        painter.drawPolyline(paint.polygon(window.x(seconds), heights))
        painter.setPen(paint.colour(self.tokens, "muted"))
        text = self.tr("heart rate {0}–{1}/min").format(round(float(rates.min())), round(float(rates.max())))
        painter.drawText(QPointF(8, 14), text)

    def _draw_events(self, painter: QPainter, window: Window) -> None:
        """A tick in each pixel with an event that is no normal beat."""
        editor = self.canvas.editor
        if editor is None or not len(editor.marks):
            return
        marks = editor.marks
        colours = paint.mark_colours(self.tokens, marks.names, False)
        for number, name in enumerate(marks.names):
            if name == "N":
                continue
            columns = np.unique(window.x(marks.starts[marks.types == number]).astype(int))
            painter.setPen(QPen(colours.get(name, colours[""]), 1))
            for x in columns.tolist():
                painter.drawLine(QPointF(x + 0.5, HEIGHT - 8), QPointF(x + 0.5, HEIGHT - 2))

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._picture is None:
            self._picture = self._draw_whole()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture)
        window = self._window()
        left, right = float(window.x(self.canvas.start)), float(window.x(self.canvas.start + self.canvas.span))
        box = QRectF(left, 0, max(right - left, LEAST_WINDOW), self.height()).intersected(QRectF(self.rect()))
        painter.fillRect(box, paint.colour(self.tokens, "accent", 0.25))
        painter.setPen(QPen(paint.colour(self.tokens, "accent"), 1))
        painter.drawRect(box.adjusted(0, 0, -1, -1))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._ask(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._ask(event)

    def _ask(self, event: QMouseEvent) -> None:
        self.asked.emit(event.position().x() / max(self.width(), 1) * self.canvas.end)
