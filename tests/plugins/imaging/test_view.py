"""The imaging view: from waiting to images with labels and predictions, and every way it can go wrong."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtWidgets import QAbstractButton, QLabel, QPlainTextEdit, QSlider

from medstation.api import BadInput, Fetched, Layer, MedStationError, Person, Record
from medstation.widgets.pages import FailedPage, LoadingPage
from medstation.widgets.theme import TOKENS
from medstation_imaging.masks import encode
from medstation_imaging.view import ImagingView
from medstation_imaging.view_toolbar import ViewToolbar
from medstation_imaging.view_words import age, person_line

pytestmark = pytest.mark.gui
SHAPE = (6, 20, 24)


class Context:
    """A view's context whose worker answers when the test says so."""

    def __init__(self, record: Record) -> None:
        self.record, self.palette = record, TOKENS["dark"]
        self.asked: list[str] = []
        self.said: list[str] = []
        self.cancelled = 0
        self.ready: Callable[[Fetched], None] = lambda fetched: None
        self.failed: Callable[[MedStationError], None] = lambda error: None
        self.progress: Callable[[float, str], None] = lambda done, text: None

    def fetch(self, ref, arguments, on_ready, on_failed, on_progress=None):
        self.asked.append(ref)
        self.ready, self.failed, self.progress = on_ready, on_failed, on_progress
        return self._cancel

    def _cancel(self) -> None:
        self.cancelled += 1

    def say(self, text: str) -> None:
        self.said.append(text)

    def save_label(self, draft) -> None:
        raise AssertionError("nothing was drawn")


def record(kind: str = "volume", notes: tuple[str, ...] = (), **meta) -> Record:
    person = Person("P-7", "Doe^Jane", "F", "1960-05-01")
    return Record("r-1", "imaging.series", kind, person, "CT <b>chest</b>", "6 images", "2024-04-30T10:00", meta, notes)


def fetched(**facts) -> Fetched:
    values = np.random.default_rng(0).integers(-500, 500, SHAPE).astype(np.int16)
    usual = {"spacing": [2.0, 1.0, 1.0], "affine": np.diag([1.0, 1, 2, 1]).tolist(), "unit": "HU", "window": [40, 400]}
    return Fetched({"volume": values}, {**usual, **facts})


@pytest.fixture
def open_view(qtbot):
    def make(context: Context, answer: Fetched | None = None) -> ImagingView:
        view = ImagingView(context)
        qtbot.addWidget(view)
        view.resize(900, 600)
        view.show()
        if answer is not None:
            context.ready(answer)
            qtbot.waitUntil(lambda: not view._background.busy)
        return view

    return make


def mask_layer(key: str = "p-1", origin: str = "prediction", shape: tuple[int, ...] = SHAPE) -> Layer:
    mask = np.zeros(shape, np.uint8)
    mask[2, 5:9, 6:11] = 1
    return Layer(key, "mask", origin, "nodule v3", encode(mask, ["Nodule"]))


def test_while_a_worker_reads_the_view_says_how_far_it_is(open_view):
    context = Context(record())
    view = open_view(context)
    assert context.asked == ["medstation_imaging.volume:fetch_volume"]
    context.progress(0.4, "Reading image 3 of 6")
    page = view.findChild(LoadingPage)
    assert page.bar.value() == 400
    assert page.text.text() == "Reading image 3 of 6"
    assert page.title.text() == "Opening CT <b>chest</b>"


def test_the_images_come_with_three_planes_and_a_projection(open_view):
    view = open_view(Context(record()), fetched())
    assert [v.plane.name for v in view.board.viewports] == ["axial", "coronal", "sagittal", "projection"]
    assert view.board.scene.window.width == 400
    assert view.board.viewports[0].about[0] == ("P-7  Doe Jane  F 63Y", "CT <b>chest</b>")
    assert view.board.viewports[0].about[1] == ("2024-04-30", "24×20 · 1.00 mm")
    assert view.findChild(LoadingPage) is None or not view.findChild(LoadingPage).isVisible()


def test_images_without_a_unit_get_no_projection(open_view):
    view = open_view(Context(record()), fetched(unit=""))
    assert [v.plane.name for v in view.board.viewports] == ["axial", "coronal", "sagittal"]


def test_a_failure_is_told_with_what_to_do_and_can_be_tried_again(open_view):
    context = Context(record())
    view = open_view(context)
    context.failed(BadInput("IM3.dcm is cut short", "Copy it again."))
    page = view.findChild(FailedPage)
    assert (page.message.text(), page.hint.text()) == ("IM3.dcm is cut short", "Copy it again.")
    page.findChild(QAbstractButton).click()
    assert len(context.asked) == 2
    context.ready(fetched())
    assert view.board is not None


@pytest.mark.parametrize(("answer", "cancelled"), [(None, 1), (fetched(), 0)])
def test_closing_the_view_cancels_what_it_still_waits_for(qtbot, answer, cancelled):
    context, gone = Context(record()), []
    view = ImagingView(context)
    if answer is not None:
        context.ready(answer)
    view.destroyed.connect(lambda: gone.append(True))
    view.deleteLater()
    qtbot.waitUntil(lambda: gone == [True])
    assert context.cancelled == cancelled


def test_masks_shown_before_the_images_are_there_appear_with_them(open_view, qtbot):
    context = Context(record())
    view = open_view(context)
    view.show_layer(mask_layer())
    view.go_to({"voxel": [2, 7, 8]})
    view.restore({"window": [-600, 1500], "layout": "1x1"})
    context.ready(fetched())
    qtbot.waitUntil(lambda: "p-1" in view.board.scene.layers)
    assert view.board.scene.cursor == (2, 7, 8)
    assert view.board.scene.window.width == 1500
    assert view.board.layout_name == "1x1"
    layer = view.board.scene.layers["p-1"]
    assert layer.patch(view.board.scene.planes[0], 2).values.shape == (4, 5)
    view.hide_layer("p-1")
    assert not view.board.scene.layers


def test_predictions_and_labels_differ_in_colour_and_in_words(open_view, qtbot):
    view = open_view(Context(record()), fetched())
    view.show_layer(mask_layer())
    view.show_layer(mask_layer("l-1", "label"))
    qtbot.waitUntil(lambda: len(view.board.scene.layers) == 2)
    prediction, label = view.board.scene.layers["p-1"], view.board.scene.layers["l-1"]
    assert prediction.colour(1) == TOKENS["dark"]["image_ai"] != label.colour(1)
    assert (prediction.note, label.note) == ("AI nodule v3", "nodule v3")


def test_a_layer_hidden_while_it_is_decoded_stays_hidden(open_view, qtbot):
    view = open_view(Context(record()), fetched())
    view.show_layer(mask_layer())
    view.hide_layer("p-1")
    qtbot.waitUntil(lambda: not view._background.busy)
    assert not view.board.scene.layers


def test_a_mask_of_other_images_or_a_broken_one_is_said_and_not_drawn(open_view, qtbot):
    context = Context(record())
    view = open_view(context, fetched())
    view.show_layer(mask_layer(shape=(7, 20, 24)))
    view.show_layer(Layer("p-2", "mask", "prediction", "x", b"\x08\0\0\0\0\0\0\0{}      "))
    qtbot.waitUntil(lambda: len(context.said) == 2)
    assert "7×20×24 voxels instead of 6×20×24" in context.said[0]
    assert "cannot be read" in context.said[1]
    assert not view.board.scene.layers


def test_a_class_is_written_in_the_corner(open_view):
    view = open_view(Context(record()), fetched())
    payload = json.dumps({"class": "pneumonia", "probabilities": {"pneumonia": 0.934}}).encode()
    view.show_layer(Layer("p-3", "class", "prediction", "chest v2", payload))
    assert [line.text for line in view.board.viewports[0].legend] == ["pneumonia 93 % · AI chest v2"]
    view.hide_layer("p-3")
    assert not view.board.viewports[0].legend


def test_the_state_comes_back_in_another_view(open_view):
    view = open_view(Context(record()), fetched())
    view.board.set_preset(2)
    view.board.move_to((1, 2, 3))
    state = json.loads(json.dumps(view.state()))
    other = open_view(Context(record()))
    other.restore(state)
    assert other.state() == state
    other._context.ready(fetched())
    other_state = other.state()
    assert {key: other_state[key] for key in ("voxel", "window")} == {"voxel": [1, 2, 3], "window": [-600, 1500]}


def test_cautions_of_the_record_stay_in_sight_as_plain_text(open_view):
    view = open_view(Context(record(notes=("Slice <i>3</i> is missing",))), fetched())
    assert view._notes.isVisible()
    assert view._notes.text.text() == "Slice <i>3</i> is missing"
    assert not open_view(Context(record()))._notes.isVisible()


def test_a_slice_that_could_not_be_read_says_so(open_view):
    frames = [{"frame": 1}, {"frame": 2, "fault": "IM2.dcm: cut short"}]
    view = open_view(Context(record("images")), fetched(affine=None, frames=frames))
    assert view.board.viewports[0].cautions == {1: "IM2.dcm: cut short"}


def test_no_text_of_a_record_is_ever_taken_for_markup(open_view):
    from PySide6.QtCore import Qt

    view = open_view(Context(record(notes=("<img src=x>",))))
    assert all(label.textFormat() == Qt.TextFormat.PlainText for label in view.findChildren(QLabel) if label.text())


def test_documents_are_shown_as_text_without_a_worker(open_view):
    context = Context(record("document", document="Dose report", study={"uid": "1.2"}, empty=""))
    view = open_view(context)
    assert context.asked == []
    assert view.findChild(QPlainTextEdit).toPlainText() == "Document: Dose report\nStudy, uid: 1.2"


def test_the_toolbar_follows_the_keys_and_drives_the_board(open_view, qtbot):
    view = open_view(Context(record()), fetched(presets=[{"name": "R&D", "centre": 1.0, "width": 9.0}]))
    bar, board = view.findChild(ViewToolbar), view.board
    board.perform("tool:crosshair")
    assert bar.tools["crosshair"].isChecked()
    bar.tools["pan"].click()
    assert board.tool == "pan"
    board.perform("preset:2")
    assert bar.presets.text() == "Lung"
    bar.presets.menu().actions()[-1].trigger()
    assert (board.scene.window.width, bar.presets.text()) == (9.0, "R&&D")
    bar.layout_button.click()
    assert (board.layout_name, bar.layout_button.isChecked()) == ("1x1", False)
    bar.invert_button.click()
    assert board.scene.inverted
    assert not bar.opacity.isEnabled()
    view.show_layer(mask_layer())
    qtbot.waitUntil(bar.opacity.isEnabled)
    bar.opacity.setValue(70)
    assert board.scene.layers_opacity == pytest.approx(0.7)
    board.perform("overlay_more")
    assert bar.opacity.value() == 80
    bar.cine_button.click()
    assert board.playing
    bar.cine_button.click()
    assert not board.playing


def test_every_control_has_a_name_for_those_who_listen(open_view):
    view = open_view(Context(record()), fetched())
    controls = [*view.findChildren(QAbstractButton), *view.findChildren(QSlider), *view.board.viewports]
    assert len(controls) > 10
    assert all(control.accessibleName() for control in controls)


@pytest.mark.parametrize(
    ("born", "when", "said"),
    [
        ("1960-05-01", "2024-04-30", "63Y"),
        ("2023-01-31", "2024-01-30", "11M"),
        ("", "2024-01-01", ""),
        ("1960", "2024", ""),
        ("2030-01-01", "2024-01-01", ""),
    ],
)
def test_ages_are_those_at_the_time_of_the_images(born, when, said):
    assert age(born, when) == said


def test_a_person_is_named_once():
    assert person_line(Person("A", "A"), "") == "A"
    assert person_line(Person("A", "B^C", "M"), "") == "A  B C  M"
