"""What keys and buttons of the signal view do: moving through time, scales, and editing events."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from medstation.api import ViewContext
from medstation_signals import events
from medstation_signals.canvas import ZOOM, SignalCanvas
from medstation_signals.marks import Editor
from medstation_signals.overview import Overview
from medstation_signals.scale import PAPER_GAIN, PAPER_SPEED
from medstation_signals.view_toolbar import ViewToolbar

GAINS = (2.5, 5.0, 10.0, 20.0, 40.0, 80.0)
DAY = 86_400.0


class Commands(QWidget):
    """The commands of the view, one method each: `perform("zoom_in")` calls `do_zoom_in`."""

    canvas: SignalCanvas
    editor: Editor
    overview: Overview
    toolbar: ViewToolbar
    _context: ViewContext

    def perform(self, command: str) -> None:
        """Do what a key or a button asks for."""
        name, _, value = command.partition(":")
        act = getattr(self, f"do_{name}", None)
        if act is not None:
            act(value) if value else act()
        self.toolbar.refresh()

    def do_forward(self) -> None:
        self.canvas.show_span(self.canvas.start + 0.2 * self.canvas.span, self.canvas.span)

    def do_back(self) -> None:
        self.canvas.show_span(self.canvas.start - 0.2 * self.canvas.span, self.canvas.span)

    def do_page_forward(self) -> None:
        self.canvas.show_span(self.canvas.start + self.canvas.span, self.canvas.span)

    def do_page_back(self) -> None:
        self.canvas.show_span(self.canvas.start - self.canvas.span, self.canvas.span)

    def do_first(self) -> None:
        self.canvas.show_span(0.0, self.canvas.span)

    def do_last(self) -> None:
        self.canvas.show_span(self.canvas.end - self.canvas.span * 0.96, self.canvas.span)

    def do_zoom_in(self) -> None:
        self.canvas.zoom(1 / ZOOM)

    def do_zoom_out(self) -> None:
        self.canvas.zoom(ZOOM)

    def do_taller(self) -> None:
        self._gain(1)

    def do_flatter(self) -> None:
        self._gain(-1)

    def _gain(self, step: int) -> None:
        place = int(np.argmin(np.abs(np.array(GAINS) - self.canvas.gain)))
        self.canvas.gain = GAINS[int(np.clip(place + step, 0, len(GAINS) - 1))]
        self.canvas.update()

    def do_paper(self) -> None:
        if self.canvas.kind == "ecg":
            self.canvas.gain = PAPER_GAIN
            self.canvas.use_paper(PAPER_SPEED)

    def do_day(self) -> None:
        """The day on screen from midnight to midnight."""
        self.canvas.paper = False
        middle = self.canvas.start + self.canvas.span / 2
        self.canvas.show_span(self.canvas.clock.midnight_before(middle), DAY)

    def do_all(self) -> None:
        self.canvas.paper = False
        self.canvas.show_span(-0.02 * self.canvas.end, 1.04 * self.canvas.end)

    def do_span(self, seconds: str) -> None:
        middle = self.canvas.start + self.canvas.span / 2
        self.canvas.paper = False
        self.canvas.show_span(middle - float(seconds) / 2, float(seconds))

    def do_reset(self) -> None:
        """An ECG on paper from its start, glucose its last day, other recordings whole."""
        self.canvas.gain = PAPER_GAIN
        if self.canvas.kind == "ecg" and self.canvas.traces:
            self.canvas.start = 0.0
            self.do_paper()
        elif self.canvas.kind == "glucose" and self.canvas.end > DAY:
            self.canvas.paper = False
            self.canvas.show_span(self.canvas.end - 0.96 * DAY, DAY)
        else:
            self.do_all()

    def do_channel(self, number: str) -> None:
        trace = self.canvas.traces[int(number)]
        trace.visible = not trace.visible or sum(one.visible for one in self.canvas.traces) == 1
        self.overview.renew()
        self.canvas.update()

    def do_overlay(self) -> None:
        self.canvas.show_marks = not self.canvas.show_marks
        self.canvas.update()

    # ------------------------------------------------------------------ events

    def do_mark(self) -> None:
        """Marking on or off: a click then adds and removes events."""
        self.toolbar.mark.toggle()

    def on_marking(self, on: bool) -> None:
        self.canvas.setCursor(Qt.CursorShape.CrossCursor if on else Qt.CursorShape.ArrowCursor)

    def do_type(self, number: str) -> None:
        """The type of new events; a selected event gets it too."""
        place = int(number)
        if place >= len(self.editor.types):
            return
        self.editor.current = place
        if self.editor.selected >= 0:
            self.editor.retype(self.editor.selected, self.editor.types[place])
            self._events_changed()

    def do_next_event(self) -> None:
        self._step_event(1)

    def do_previous_event(self) -> None:
        self._step_event(-1)

    def _step_event(self, step: int) -> None:
        """Select the next event that is no normal beat (any, where all are)."""
        marks, now = self.editor.marks, self.editor.selected
        if not len(marks):
            return
        at = float(marks.starts[now]) if now >= 0 else self.canvas.start + self.canvas.span / 2
        wanted = np.array([name != "N" for name in marks.names])[marks.types]
        places = np.flatnonzero(wanted) if wanted.any() else np.arange(len(marks))
        times = marks.starts[places]
        later = places[times > at + 1e-6] if step > 0 else places[times < at - 1e-6][::-1]
        if len(later):
            self.editor.selected = int(later[0])
            self.canvas.centre_on(float(marks.starts[later[0]]))

    def do_add_here(self) -> None:
        """An event in the middle of the window, for those who work by keys."""
        self.editor.add(round(self.canvas.start + self.canvas.span / 2, events.DIGITS))
        self._events_changed()

    def do_remove(self) -> None:
        if self.editor.selected >= 0:
            self.editor.remove(self.editor.selected)
            self._events_changed()

    def do_undo(self) -> None:
        if self.editor.undo():
            self._events_changed()

    def do_save(self) -> None:
        if self.editor.changed:
            self._context.save_label(events.draft(self.editor.marks.events()))
            self.editor.changed = False

    def _events_changed(self) -> None:
        self.canvas.update()
        self.overview.renew()
        self.toolbar.refresh()

    def on_clicked(self, seconds: float, tolerance: float) -> None:
        """Select an event; while marking, add one or take the one that is there away."""
        self.canvas.setFocus(Qt.FocusReason.MouseFocusReason)
        nearest = self.editor.marks.nearest(seconds)
        near = nearest >= 0 and abs(float(self.editor.marks.starts[nearest]) - seconds) <= tolerance
        if not self.toolbar.mark.isChecked():
            self.editor.selected = nearest if near else -1
        elif near:
            self.editor.remove(nearest)
        else:
            self.editor.add(round(seconds, events.DIGITS))
        self._events_changed()

    def on_drawn(self, begin: float, end: float) -> None:
        self.editor.add(round(begin, events.DIGITS), round(end, events.DIGITS))
        self._events_changed()
