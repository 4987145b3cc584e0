"""The signals view: drawing, moving, marking, and what others lay over it."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from signal_files import one, quiet, write_wfdb
from test_signals_labels_exports import FORECAST

from medstation.api import BadInput, Fetched, Layer
from medstation.widgets.pages import FailedPage
from medstation.widgets.theme import TOKENS
from medstation_signals import classes, events
from medstation_signals.fetch import fetch_recording
from medstation_signals.marks import Editor, marks_of
from medstation_signals.pyramid import build
from medstation_signals.recording import Run
from medstation_signals.scale import Clock, pixels_per_mm
from medstation_signals.traces import Window, traces_of
from medstation_signals.view import SignalsView

pytestmark = pytest.mark.gui


class Context:
    """A view's context whose worker answers when the test says so."""

    def __init__(self, record, files):
        self.record, self.files, self.palette = record, files, dict(TOKENS["dark"])
        self.asked, self.said, self.saved = [], [], []

    def fetch(self, ref, arguments, on_ready, on_failed, on_progress=None):
        self.asked.append((arguments, on_ready, on_failed))
        return lambda: None

    def answer(self):
        for arguments, on_ready, _ in self.asked:
            on_ready(fetch_recording(self.record, self.files, arguments, quiet))

    def say(self, text):
        self.said.append(text)

    def save_label(self, draft):
        self.saved.append(draft)


@pytest.fixture
def opened(qtbot, tmp_path):
    values = np.sin(np.arange(30 * 250) / 20)[:, None] * [[1.0, 0.5]]
    record, files, _ = one(write_wfdb(tmp_path, "rec", values))
    context = Context(record, files)
    view = SignalsView(context)
    qtbot.addWidget(view)
    view.resize(900, 500)
    view.show()
    context.answer()
    return view, context


def test_an_ecg_opens_on_paper_true_to_the_screen(opened):
    view, _ = opened
    canvas = view.canvas
    assert canvas.paper
    assert canvas.span == pytest.approx(canvas.width() / (canvas.per_mm * 25.0))
    lane = canvas.lanes()[0]
    assert lane.per_unit == pytest.approx(10 * canvas.per_mm)
    assert not view.grab().isNull()


def test_keys_move_zoom_and_mark(opened, qtbot):
    view, context = opened
    view.canvas.setFocus()
    start = view.canvas.start
    QTest.keyClick(view.canvas, Qt.Key.Key_Right)
    assert view.canvas.start > start
    span = view.canvas.span
    QTest.keyClick(view.canvas, Qt.Key.Key_Plus)
    assert view.canvas.span < span
    QTest.keyClick(view.canvas, Qt.Key.Key_Return)
    QTest.keyClick(view.canvas, Qt.Key.Key_3)
    assert view.editor.marks.counts() == {"V": 1}
    QTest.keyClick(view.canvas, Qt.Key.Key_S)
    assert context.saved[0].summary == {"events": 1, "types": {"V": 1}}
    QTest.keyClick(view.canvas, Qt.Key.Key_Delete)
    assert len(view.editor.marks) == 0
    QTest.keyClick(view.canvas, Qt.Key.Key_U)
    assert len(view.editor.marks) == 1


def test_clicks_add_and_remove_while_marking(opened):
    view, _ = opened
    view.perform("mark")
    view.on_clicked(2.0, 0.05)
    assert view.editor.marks.starts.tolist() == [2.0]
    view.on_clicked(2.01, 0.05)
    assert len(view.editor.marks) == 0
    view.on_drawn(3.0, 5.0)
    assert view.editor.marks.ends.tolist() == [5.0]


def test_labels_predictions_and_classes_are_shown_and_hidden(opened, qtbot):
    view, _ = opened
    found = events.encode([events.event(1, None, "N"), events.event(2, None, "V")])
    view.show_layer(Layer("l-1", "events", "label", "label v1", found))
    view.show_layer(Layer("p-1", "events", "prediction", "beats v1", found))
    qtbot.waitUntil(lambda: len(view.editor.marks) == 2 and "p-1" in view.canvas.predictions)
    view.show_layer(Layer("p-2", "class", "prediction", "rhythm v1", classes.encode("A", {"A": 0.9, "N": 0.1})))
    assert view.classes.text() == "A 90 % · AI rhythm v1"
    view.perform("next_event")
    assert view.editor.marks.name(view.editor.selected) == "V"
    view.hide_layer("p-1")
    view.hide_layer("l-1")
    assert not view.canvas.predictions and not len(view.editor.marks)
    view.show_layer(Layer("p-3", "events", "prediction", "broken", b"no"))
    qtbot.waitUntil(lambda: any("no events" in text for text in view._context.said))


def test_a_forecast_extends_the_time_and_is_gone_to(qtbot, tmp_path):
    path = tmp_path / "p1.csv"
    rows = [f"2026-03-01T08:{5 * i:02d}:00,{100 + i}" for i in range(12)]
    path.write_text("time,glucose\n" + "\n".join(rows) + "\n")
    record, files, _ = one([path])
    context = Context(record, files)
    view = SignalsView(context)
    qtbot.addWidget(view)
    context.answer()
    view.show_layer(Layer("p-1", "forecast", "prediction", "glucose v1", FORECAST))
    assert view.canvas.end == 3900
    assert not view.grab().isNull()


def test_a_failure_says_what_to_do_and_can_be_tried_again(qtbot, tmp_path):
    record, files, _ = one(write_wfdb(tmp_path, "rec", np.zeros((500, 1))))
    context = Context(record, files)
    view = SignalsView(context)
    qtbot.addWidget(view)
    context.asked[0][2](BadInput("it is damaged", "Import it again."))
    page = view._pages.currentWidget()
    assert isinstance(page, FailedPage)
    page.retried.emit()
    assert len(context.asked) == 2


def test_a_long_recording_shows_its_beginning_first(qtbot, tmp_path):
    record, files, _ = one(write_wfdb(tmp_path, "rec", np.zeros((16 * 60 * 50, 1)), rate=50))
    context = Context(record, files)
    view = SignalsView(context)
    qtbot.addWidget(view)
    assert [arguments for arguments, _, _ in context.asked] == [{"until": 30.0}, {}]
    context.answer()
    assert view.canvas.traces[0].values.size == 16 * 60 * 50


def test_the_state_is_kept_and_restored(opened):
    view, _ = opened
    view.perform("all")
    state = view.state()
    view.perform("reset")
    view.restore(state)
    assert view.state() == state


def test_a_pyramid_keeps_every_extreme():
    values = np.random.default_rng(0).normal(0, 1, 50_000).astype(np.float32)
    values[1234] = 99
    low, high = build(values, [Run(0, 0, 30_001), Run(200, 30_001, 19_999)])[-1]
    assert high.max() == 99 and low.min() == values.min()


def test_a_trace_draws_at_most_a_pair_per_pixel_and_skips_gaps():
    runs = [[0, 0, 30_000], [1000, 30_000, 30_000]]
    channel = {"name": "II", "unit": "mV", "rate": 100.0, "scale": 1.0, "offset": 0.0, "quantity": "ecg"}
    facts = {"channels": [{**channel, "runs": runs, "raw": True, "range": [-1, 1, 0]}]}
    values = np.arange(60_000, dtype=np.float32)
    arrays = {"0/values": values}
    for level, (low, high) in enumerate(build(values, [Run(0, 0, 30_000), Run(1000, 30_000, 30_000)]), 1):
        arrays[f"0/low{level}"], arrays[f"0/high{level}"] = low, high
    trace = traces_of(Fetched(arrays, facts))[0]
    pieces = list(trace.pieces(Window(0, 2.0, 650)))
    assert len(pieces) == 2
    assert all(len(x) <= 652 for x, _, _ in pieces)
    assert max(float(high.max()) for _, _, high in pieces) == 59_999
    assert trace.value_at(1000.0) == pytest.approx(30_000, abs=2)


def test_an_editor_takes_back_every_change():
    editor = Editor(("N", "V"))
    editor.load(marks_of([events.event(1, None, "N")]))
    editor.add(0.5)
    editor.current = 1
    editor.retype(1, "V")
    editor.remove(0)
    assert editor.marks.counts() == {"V": 1}
    assert editor.undo() and editor.undo() and editor.undo() and not editor.undo()
    assert editor.marks.counts() == {"N": 1} and not editor.changed


def test_scales_are_true_and_times_are_told_by_the_clock():
    assert pixels_per_mm(254, 96) == 10 and pixels_per_mm(0, 96) == pytest.approx(96 / 25.4)
    clock = Clock("2026-03-01T08:00:00")
    assert clock.text(90.0, 30) == "08:01:30"
    assert clock.midnight_before(20 * 3600) == 16 * 3600
    assert Clock("").text(90.0, 10) == "1:30"
