"""The notes view: plain text with entities on it, every change stored at once, long notes without waiting."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from notes_bench import items
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from medstation.api import BadInput, Fetched, LabelDraft, Layer, MedStationError
from medstation.widgets.pages import FailedPage
from medstation.widgets.theme import TOKENS
from medstation_notes.classes import encode_class
from medstation_notes.fetching import fetch_note
from medstation_notes.spans import Span, decode_spans, encode_spans
from medstation_notes.view import NotesView

pytestmark = pytest.mark.gui
TEXT = "HISTORY:\nTook <b>aspirin</b> & 😀 warfarin for atrial fibrillation.\n\nPLAN: stop aspirin. 停用华法林。"
ASPIRIN, WARFARIN, AF = (Span(TEXT.index(word), TEXT.index(word) + len(word), kind, word) for word, kind in
                         (("aspirin", "Drug"), ("warfarin", "Drug"), ("atrial fibrillation", "Disease")))  # fmt: skip


class Context:
    """A view's context whose worker answers when the test says so."""

    def __init__(self, record) -> None:
        self.record, self.palette = record, TOKENS["dark"]
        self.saved: list[LabelDraft] = []
        self.said: list[str] = []
        self.ready: Callable[[Fetched], None]
        self.failed: Callable[[MedStationError], None]

    def fetch(self, ref, arguments, on_ready, on_failed, on_progress=None):
        self.ready, self.failed = on_ready, on_failed
        return lambda: None

    def say(self, text: str) -> None:
        self.said.append(text)

    def save_label(self, draft: LabelDraft) -> None:
        self.saved.append(draft)

    def spans(self) -> list[tuple[int, int, str]]:
        return [span.key for span in decode_spans(self.saved[-1].payload)]


@pytest.fixture
def opened(qtbot, tmp_path):
    def make(text: str = TEXT, answer: bool = True) -> tuple[NotesView, Context]:
        path = tmp_path / "note.jsonl"
        path.write_text(json.dumps({"text": text}))
        ((record, files, _),) = items(path)
        context = Context(record)
        view = NotesView(context)
        qtbot.addWidget(view)
        view.resize(900, 600)
        view.show()
        if answer:
            context.ready(fetch_note(record, files, {}, lambda done, text: None))
        return view, context

    return make


def label(*spans: Span, key: str = "l-1") -> Layer:
    return Layer(key, "spans", "label", "spans v1", encode_spans(spans))


def prediction(*spans: Span) -> Layer:
    told = [Span(span.start, span.end, span.type, span.text, 0.8) for span in spans]
    return Layer("p-1", "spans", "prediction", "notes-crf v1", encode_spans(told))


def point_of(view: NotesView, offset: int) -> QPoint:
    """The middle of a character on the canvas."""
    canvas = view.canvas
    row = canvas._rows.at(offset)
    line = canvas._line(row)
    x = (line.left(offset) + line.right(offset + 1)) / 2
    return QPoint(
        round(40 + x), round(22 + canvas._rows.tops[row] + canvas.line_height / 2 - canvas.verticalScrollBar().value())
    )


def test_text_is_shown_as_it_is_and_sections_are_listed(opened):
    view, _ = opened()
    assert view.canvas.text == TEXT
    view.sections.on_opening()
    assert [action.text() for action in view.sections.menu().actions()] == ["HISTORY", "PLAN"]


def test_labels_are_filled_and_predictions_outlined_and_counted(opened):
    view, _ = opened()
    view.show_layer(label(ASPIRIN, AF))
    view.show_layer(prediction(AF, WARFARIN))
    marks = {mark.span.text: (mark.label, mark.prediction) for mark in view.canvas.marks}
    assert marks == {"aspirin": (True, False), "atrial fibrillation": (True, True), "warfarin": (False, True)}
    assert "Drug 80 %" in next(mark.tag for mark in view.canvas.marks if mark.span.text == "warfarin")
    assert view.types._buttons[1].text() == "2 Drug  2"
    view.hide_layer("p-1")
    assert len(view.canvas.marks) == 2


def test_a_word_that_is_dragged_over_gets_the_type_of_the_key_pressed(opened):
    view, context = opened()
    canvas = view.canvas.viewport()
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=point_of(view, WARFARIN.start + 1))
    QTest.mouseMove(canvas, point_of(view, WARFARIN.end - 1))
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=point_of(view, WARFARIN.end - 1))
    assert view.canvas.selection == (WARFARIN.start, WARFARIN.end)
    QTest.keyClick(view.canvas, Qt.Key.Key_2)
    assert context.spans() == [WARFARIN.key]
    assert context.saved[-1].summary == {"spans": 1, "types": {"Drug": 1}}
    assert view.canvas.mark_at(point_of(view, WARFARIN.start + 2)).span.key == WARFARIN.key


def test_keys_alone_are_enough(opened):
    view, context = opened()
    view.show_layer(label(ASPIRIN, AF))
    for _ in range(2):
        QTest.keyClick(view.canvas, Qt.Key.Key_Tab)
    assert view.canvas.selection == (AF.start, AF.end)
    QTest.keyClick(view.canvas, Qt.Key.Key_5)
    assert (AF.start, AF.end, "Symptom") in context.spans()
    QTest.keyClick(view.canvas, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert (AF.start, AF.start + len("atrial"), "Symptom") in context.spans()
    QTest.keyClick(view.canvas, Qt.Key.Key_Delete)
    assert context.spans() == [ASPIRIN.key]
    for _ in range(3):
        QTest.keyClick(view.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert context.spans() == [ASPIRIN.key, AF.key]
    QTest.keyClick(view.canvas, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert len(context.saved) == 7 and (AF.start, AF.end, "Symptom") in context.spans()


def test_a_predicted_entity_is_taken_with_enter_and_all_with_shift_enter(opened):
    view, context = opened()
    view.show_layer(prediction(ASPIRIN, WARFARIN, AF))
    view.go_to({"start": WARFARIN.start, "end": WARFARIN.end})
    QTest.keyClick(view.canvas, Qt.Key.Key_Return)
    assert context.spans() == [WARFARIN.key]
    QTest.keyClick(view.canvas, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert context.spans() == [ASPIRIN.key, WARFARIN.key, AF.key]
    assert all(span.confidence is None for span in decode_spans(context.saved[-1].payload))


def test_words_are_found_whatever_their_case(opened):
    view, _ = opened()
    view.on_find()
    view.finder.field.setText("ASPIRIN")
    assert view.canvas.hits == [(ASPIRIN.start, ASPIRIN.end), (TEXT.rindex("aspirin"), TEXT.rindex("aspirin") + 7)]
    assert view.finder.count.text() == "1 of 2"
    QTest.keyClick(view.finder.field, Qt.Key.Key_Return)
    assert view.canvas.hit == 1
    view.finder.field.setText("(nothing[")
    assert view.finder.count.text() == "not found"
    QTest.keyClick(view.finder.field, Qt.Key.Key_Escape)
    assert not view.finder.isVisible() and view.canvas.hits == []


def test_the_class_is_stored_when_it_is_chosen(opened):
    view, context = opened()
    view.show_layer(
        Layer("p-2", "class", "prediction", "kinds v1", encode_class("letter", {"letter": 0.9, "report": 0.1}))
    )
    assert "letter 90 %" in view.classes.said.text()
    view.classes.box.setEditText("report")
    view.classes.field.returnPressed.emit()
    assert context.saved[-1].summary == {"class": "report"}


def test_a_label_of_another_text_is_told_and_not_drawn(opened):
    view, context = opened()
    view.show_layer(label(ASPIRIN, Span(3, 9, "Drug", "foreign"), Span(5000, 5005, "Drug")))
    assert [mark.span.key for mark in view.canvas.marks] == [ASPIRIN.key]
    assert "2 entities of the label are of another text" in context.said[-1]


def test_layers_and_places_that_come_before_the_text_wait_for_it(opened, tmp_path):
    view, context = opened(answer=False)
    view.show_layer(label(ASPIRIN))
    view.go_to({"start": ASPIRIN.start, "end": ASPIRIN.end})
    context.failed(BadInput("note.jsonl no longer holds this note", "Import it again."))
    view.findChild(FailedPage).retried.emit()
    ((record, files, _),) = items(tmp_path / "note.jsonl")
    context.ready(fetch_note(record, files, {}, lambda done, text: None))
    assert view.canvas.selection == (ASPIRIN.start, ASPIRIN.end) and len(view.canvas.marks) == 1


def test_a_long_note_is_shaped_only_where_it_is_seen(opened):
    text = "\n".join(f"{number}. Patient with gout took colchicine for {number % 9} days." for number in range(5600))
    view, _ = opened(text)
    view.grab()
    assert len(text.split()) > 50_000
    assert len(view.canvas._lines) < 80 < len(view.canvas._rows)
    view.go_to({"start": len(text) - 10, "end": len(text) - 6})
    view.grab()
    assert len(view.canvas._lines) < 160
    state = view.state()
    view.canvas.reveal(0)
    view.restore(state)
    assert view.canvas.first_offset() == state["first"] > 1000


def test_one_line_of_any_length_is_broken_into_rows_without_losing_a_sign(opened):
    for text in ("word " * 3000, "x" * 5000, "患者胸痛" * 800):
        view, _ = opened(text.strip())
        rows = view.canvas._rows
        seen = "".join(view.canvas.text[start:end] for start, end in zip(rows.starts, rows.ends, strict=True))
        assert seen == text.strip() and len(rows) > 20
