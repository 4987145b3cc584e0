"""The signals data view: a recording over time, with its events, labels and forecasts."""

from __future__ import annotations

from functools import partial

import numpy as np
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from medstation.api import Fetched, Json, Layer, MedStationError, ViewContext
from medstation.widgets.background import Background
from medstation.widgets.pages import DataPages, NotesBanner
from medstation.widgets.panels import label
from medstation_signals import classes, events, forecast_payload
from medstation_signals.canvas import SignalCanvas
from medstation_signals.marks import Editor, Marks, marks_of, types_for
from medstation_signals.overview import Overview
from medstation_signals.scale import PAPER_GAIN, PAPER_SPEED
from medstation_signals.traces import traces_of
from medstation_signals.view_commands import Commands
from medstation_signals.view_keys import command_for
from medstation_signals.view_toolbar import ViewToolbar
from medstation_signals.words import duration_text

FETCH = "medstation_signals.fetch:fetch_recording"
FIRST = 30.0
"""Seconds of a long recording that are shown at once, while the rest is being read."""
LONG = 900.0


class SignalsView(Commands):
    """A `DataView` (see `medstation.api.view`) for ECG, glucose and other recordings."""

    def __init__(self, context: ViewContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._background = Background(self)
        self._layers: dict[str, Layer] = {}
        self._placed = False
        self._state: Json = {}
        meta = context.record.meta
        self.editor = Editor(types_for(context.record.kind))
        self.canvas = SignalCanvas(
            context.palette, context.record.kind, str(meta.get("start") or ""), float(meta.get("duration_s") or 0)
        )
        self.canvas.editor = self.editor
        self.overview = Overview(context.palette, self.canvas)
        self.toolbar = ViewToolbar(self.canvas, self.editor, self.perform)
        self.line = label("", "muted")
        self.classes = label("", tone="ai")
        self._pages = DataPages(context, self.tr("These signals cannot be shown"))
        self._pages.retried.connect(self.load)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(NotesBanner(context.record.notes))
        column.addWidget(self._pages, 1)
        self._body = self._make_body()
        self._connect()
        self.load()

    def _make_body(self) -> QWidget:
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.line.setContentsMargins(10, 4, 10, 4)
        self.classes.setContentsMargins(10, 4, 10, 4)
        self.classes.setVisible(False)
        for widget in (self.toolbar, self.classes):
            column.addWidget(widget)
        column.addWidget(self.canvas, 1)
        column.addWidget(self.line)
        column.addWidget(self.overview)
        return body

    def _connect(self) -> None:
        self.canvas.hovered.connect(self.on_hovered)
        self.canvas.clicked.connect(self.on_clicked)
        self.canvas.drawn.connect(self.on_drawn)
        self.canvas.moved.connect(self.on_moved)
        self.toolbar.mark.toggled.connect(self.on_marking)
        self.overview.asked.connect(self.canvas.centre_on)

    # ------------------------------------------------------------------ loading

    def load(self) -> None:
        """Ask a worker for the signals; of a long recording first for its beginning."""
        self._pages.open()
        meta = self._context.record.meta
        rates = [one.get("rate") or 0.0 for one in meta.get("channels", [])]
        long = float(meta.get("duration_s") or 0) > LONG and max(rates, default=0.0) > 1
        if long:
            self._pages.fetch(FETCH, {"until": FIRST}, partial(self.on_fetched, whole=False))
        self._pages.fetch(FETCH, {}, self.on_fetched)

    def on_fetched(self, fetched: Fetched, whole: bool = True) -> None:
        if not whole and self.canvas.traces:
            return  # the whole recording was quicker than its beginning
        shown = [one.visible for one in self.canvas.traces]
        self.canvas.traces = traces_of(fetched)
        for trace, visible in zip(self.canvas.traces, shown, strict=False):
            trace.visible = visible
        self.canvas.duration = max(float(fetched.facts["duration_s"]), 1e-3)
        if self._pages.currentWidget() is not self._body:
            self._pages.show_page(self._body)
        self._place()
        self.overview.renew()
        self.toolbar.refresh()
        if notes := fetched.facts.get("notes"):
            self._context.say(" ".join(notes))
        self.canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    def _place(self) -> None:
        if self._placed:
            self.canvas.update()
            return
        self._placed = True
        if self._state:
            self.restore(self._state)
        else:
            self.perform("reset")

    # ------------------------------------------------------------------ lines

    def on_hovered(self, seconds: float) -> None:
        shown = [one for one in self.canvas.traces if one.visible][:4]
        values = [(one, one.value_at(seconds)) for one in shown]
        said = [f"{one.name} {value:.4g} {one.unit}".strip() for one, value in values if np.isfinite(value)]
        self.line.setText("   ".join([self.canvas.clock.full(seconds, self.canvas.span < 120), *said]))

    def on_moved(self) -> None:
        canvas = self.canvas
        fine = canvas.span < 120
        begin, end = (canvas.clock.full(at, fine) for at in (canvas.start, canvas.start + canvas.span))
        self.line.setText(f"{begin} – {end}   ·   {duration_text(canvas.span)}")

    # ------------------------------------------------------------------ DataView

    def show_layer(self, layer: Layer) -> None:
        """Draw a label or prediction: events are decoded off the window's thread, there may be 100,000."""
        self._layers[layer.id] = layer
        if layer.kind == "events":
            decode = partial(decoded, layer.payload)
            self._background.run(decode, partial(self.on_decoded, layer), self.on_layer_failed)
        else:
            self._show_small(layer)

    def _show_small(self, layer: Layer) -> None:
        try:
            if layer.kind == forecast_payload.KIND:
                forecast = forecast_payload.decode(layer.payload)
                ahead = float(forecast.times[-1] - forecast.times[0]) + float(np.diff(forecast.times[:2]).sum())
                text = self.tr("now → {0} forecast, 50 and 90 % bands").format(duration_text(ahead))
                self.canvas.forecasts[layer.id] = (forecast, text)
                self.go_to({"time_s": float(forecast.times[0])})
        except MedStationError as error:
            self.on_layer_failed(error)
        self._show_classes()
        self.overview.renew()
        self.canvas.update()

    def on_decoded(self, layer: Layer, marks: Marks) -> None:
        if self._layers.get(layer.id) is not layer:
            return
        if layer.origin == "prediction":
            self.canvas.predictions[layer.id] = marks
        elif not self.editor.changed:
            self.editor.load(marks)
        self._events_changed()

    def on_layer_failed(self, error: MedStationError) -> None:
        self._context.say(f"{error.message} {error.hint}".strip())

    def hide_layer(self, layer_id: str) -> None:
        layer = self._layers.pop(layer_id, None)
        self.canvas.predictions.pop(layer_id, None)
        self.canvas.forecasts.pop(layer_id, None)
        if layer and layer.kind == "events" and layer.origin == "label" and not self.editor.changed:
            self.editor.load(marks_of([]))
        self._show_classes()
        self._events_changed()

    def _show_classes(self) -> None:
        lines = []
        for layer in self._layers.values():
            if layer.kind == "class":
                name, chances = classes.decode(layer.payload)
                chance = f" {chances[name]:.0%}".replace("%", " %") if name in chances else ""
                who = self.tr("AI {0}").format(layer.title) if layer.origin == "prediction" else layer.title
                lines.append(f"{name}{chance} · {who}")
        self.classes.setText("     ".join(lines))
        self.classes.setVisible(bool(lines))

    def go_to(self, place: Json) -> None:
        """Bring `{"time_s": seconds}` into the middle."""
        at = place.get("time_s", place.get("start_s"))
        if isinstance(at, int | float):
            self.canvas.centre_on(float(at))
            nearest = self.editor.marks.nearest(float(at))
            if nearest >= 0 and abs(float(self.editor.marks.starts[nearest]) - at) < 0.05:
                self.editor.selected = nearest

    def state(self) -> Json:
        canvas = self.canvas
        hidden = [one.name for one in canvas.traces if not one.visible]
        return {"start": canvas.start, "span": canvas.span, "paper": canvas.paper, "speed": canvas.speed,
                "gain": canvas.gain, "hidden": hidden}  # fmt: skip

    def restore(self, state: Json) -> None:
        self._state = dict(state)
        if not self.canvas.traces:
            return
        self.canvas.paper = bool(state.get("paper", self.canvas.paper))
        self.canvas.speed = float(state.get("speed", PAPER_SPEED))
        self.canvas.gain = float(state.get("gain", PAPER_GAIN))
        for trace in self.canvas.traces:
            trace.visible = trace.name not in state.get("hidden", [])
        self.canvas.show_span(float(state.get("start", 0.0)), float(state.get("span", self.canvas.span)))

    # ------------------------------------------------------------------ events of Qt

    def keyPressEvent(self, event: QKeyEvent) -> None:
        command = command_for(event)
        if command:
            self.perform(command)
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "overview"):
            self.canvas.tokens = self.overview.tokens = self._context.palette
            self.overview.renew()
            self.canvas.update()
        super().changeEvent(event)


def decoded(payload: bytes) -> Marks:
    """The marks of an events payload."""
    return marks_of(events.decode(payload))
