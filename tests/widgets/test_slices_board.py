"""Mouse and keys do in the slice board what they promise, and what is painted is the data."""

from __future__ import annotations

import gc
import json
import weakref

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from medstation.widgets.background import Background
from medstation.widgets.board import SliceBoard
from medstation.widgets.board_state import board_state, restore_board
from medstation.widgets.camera import Camera
from medstation.widgets.colourmap import Window
from medstation.widgets.commands import KEYS
from medstation.widgets.masks import MaskLayer
from medstation.widgets.presets import presets_for
from medstation.widgets.projection import project
from medstation.widgets.slices import Scene
from medstation.widgets.theme import TOKENS

pytestmark = pytest.mark.gui
PALETTE = TOKENS["dark"]
Key, Button = Qt.Key, Qt.MouseButton


@pytest.fixture
def board(qtbot) -> SliceBoard:
    values = np.random.default_rng(0).integers(-200, 300, (20, 30, 40)).astype(np.int16)
    scene = Scene(values, np.diag([0.5, 0.5, 1.0, 1.0]), unit="HU", window=Window(40, 400))
    made = SliceBoard(scene, PALETTE, presets_for("HU"))
    qtbot.addWidget(made)
    made.resize(800, 600)
    made.show()
    qtbot.waitExposed(made)
    return made


def wheel(widget: QWidget, notches: float, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    at = QPointF(widget.rect().center())
    turned = QPoint(0, round(notches * 120))
    event = QWheelEvent(
        at, widget.mapToGlobal(at), QPoint(), turned, Button.NoButton, keys, Qt.ScrollPhase.NoScrollPhase, False
    )
    QApplication.sendEvent(widget, event)


def drag(widget: QWidget, button: Qt.MouseButton, start: QPoint, end: QPoint) -> None:
    QTest.mousePress(widget, button, Qt.KeyboardModifier.NoModifier, start)
    QTest.mouseMove(widget, end)
    QApplication.processEvents()
    QTest.mouseRelease(widget, button, Qt.KeyboardModifier.NoModifier, end)


def test_the_wheel_scrolls_the_viewport_under_it_and_keeps_fractions_of_a_notch(board):
    axial, coronal = board.viewports[:2]
    wheel(axial, -1)
    assert board.scene.cursor == (11, 15, 20)
    wheel(axial, 0.5)
    assert board.scene.cursor[0] == 11
    wheel(axial, 0.5)
    assert board.scene.cursor[0] == 10
    wheel(coronal, 3)
    assert board.scene.cursor == (10, 12, 20)
    assert board.active is coronal


def test_control_and_wheel_zoom(board):
    wheel(board.viewports[0], 2, Qt.KeyboardModifier.ControlModifier)
    assert board.viewports[0].camera.zoom > 1.2
    assert board.scene.cursor == (10, 15, 20)


@pytest.mark.parametrize(
    ("key", "index"),
    [
        (Key.Key_Down, 11), (Key.Key_Right, 11), (Key.Key_Up, 9), (Key.Key_Left, 9),
        (Key.Key_PageUp, 0), (Key.Key_PageDown, 19), (Key.Key_Home, 0), (Key.Key_End, 19),
    ],
)  # fmt: skip
def test_keys_scroll_the_active_viewport(board, key, index):
    QTest.keyClick(board.active, key)
    assert board.scene.cursor == (index, 15, 20)


def test_scrolling_stops_at_the_ends(board):
    for _ in range(3):
        QTest.keyClick(board.active, Key.Key_PageDown)
    assert board.scene.cursor[0] == 19


def test_digits_choose_the_presets_of_the_field_and_zero_the_files_own(board):
    for key, window in ((Key.Key_2, (-600, 1500)), (Key.Key_3, (300, 2000)), (Key.Key_4, (40, 80))):
        QTest.keyClick(board.active, key)
        assert (board.scene.window.centre, board.scene.window.width) == window
    QTest.keyClick(board.active, Key.Key_0)
    assert board.scene.window == Window(40, 400)


def test_dragging_right_widens_the_window_and_down_raises_its_centre(board):
    drag(board.viewports[0], Button.LeftButton, QPoint(100, 100), QPoint(150, 130))
    assert board.scene.window.width > 450
    assert board.scene.window.centre > 70


def test_the_right_button_zooms_and_the_middle_pans_whatever_the_tool(board):
    view = board.viewports[0]
    drag(view, Button.RightButton, QPoint(100, 150), QPoint(100, 100))
    assert view.camera.zoom > 1.4
    before = view.placement()
    drag(view, Button.MiddleButton, QPoint(100, 100), QPoint(130, 90))
    after = view.placement()
    assert (after.left - before.left, after.top - before.top) == pytest.approx((30, -10))
    assert board.viewports[1].camera == Camera()
    assert board.scene.window == Window(40, 400)


def test_letters_choose_tools_and_the_left_button_follows(board, qtbot):
    view = board.viewports[0]
    for key, tool in ((Key.Key_P, "pan"), (Key.Key_Z, "zoom"), (Key.Key_C, "crosshair"), (Key.Key_W, "window")):
        with qtbot.waitSignal(board.tool_changed):
            QTest.keyClick(view, key)
        assert [viewport.tool for viewport in board.viewports] == [tool] * 3


def test_the_crosshair_tool_moves_all_planes_to_the_point(board):
    board.set_tool("crosshair")
    view = board.viewports[0]
    x, y = view.placement().to_screen(4.5, 33.5)
    QTest.mouseClick(view, Button.LeftButton, pos=QPoint(round(x), round(y)))
    assert board.scene.cursor == (10, 4, 33)
    assert board.scene.position(board.scene.cursor) == (16.5, 2.0, 10.0)
    assert board.scene.voxel_at((16.5, 2.0, 10.0)) == (10, 4, 33)


def test_a_double_click_enlarges_a_viewport_and_another_brings_all_back(board):
    coronal = board.viewports[1]
    QTest.mouseDClick(coronal, Button.LeftButton)
    assert [viewport.isVisible() for viewport in board.viewports] == [False, True, False]
    QTest.mouseDClick(coronal, Button.LeftButton)
    assert all(viewport.isVisible() for viewport in board.viewports)


def test_invert_fit_reset_and_overlay_keys(board):
    view = board.active
    view.set_camera(Camera(3.0, (4.0, 5.0)))
    QTest.keyClick(view, Key.Key_F)
    assert view.camera == Camera()
    QTest.keyClick(view, Key.Key_I)
    assert board.scene.inverted
    QTest.keyClick(view, Key.Key_2)
    view.set_camera(Camera(3.0))
    QTest.keyClick(view, Key.Key_R)
    assert (board.scene.inverted, board.scene.window, view.camera) == (False, Window(40, 400), Camera())
    QTest.keyClick(view, Key.Key_BracketRight)
    assert board.scene.layers_opacity == pytest.approx(0.5)
    QTest.keyClick(view, Key.Key_BracketLeft)
    assert board.scene.layers_opacity == pytest.approx(0.4)
    QTest.keyClick(view, Key.Key_O)
    assert not board.scene.layers_visible


def test_space_plays_the_slices_round_and_hiding_stops_it(board, qtbot):
    board.scroll_to(board.active.plane, 18)
    QTest.keyClick(board.active, Key.Key_Space)
    assert board.playing
    qtbot.waitUntil(lambda: board.scene.cursor[0] == 1)
    board.hide()
    assert not board.playing


def test_every_key_has_a_command_the_board_knows(board):
    for command in set(KEYS.values()):
        assert board.perform(command)
    board.play(False)
    assert not board.perform("make_coffee")


def test_keys_of_the_window_are_left_to_it(board):
    before = board_state(board)
    QTest.keyClick(board.active, Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    assert board_state(board) == before


def test_the_value_under_the_mouse_is_said_with_its_unit(board, qtbot):
    view = board.viewports[0]
    x, y = view.placement().to_screen(4.5, 33.5)
    with qtbot.waitSignal(view.probed) as said:
        QTest.mouseMove(view, QPoint(round(x), round(y)))
    value = int(board.scene.array[10, 4, 33])
    assert said.args[0] == f"{value} HU  x 34  y 5  z 11".replace("-", "−")


def test_controls_say_what_they_are(board):
    assert [viewport.accessibleName() for viewport in board.viewports] == ["Axial", "Coronal", "Sagittal"]
    board.move_to((3, 4, 5))
    assert board.viewports[2].accessibleDescription() == "Sagittal 6/40"


def test_the_state_comes_back_and_nonsense_in_it_is_left_alone(board, qtbot):
    board.set_tool("pan")
    board.move_to((1, 2, 3))
    board.set_preset(3)
    board.invert()
    board.set_overlay(0.7, False)
    board.viewports[1].set_camera(Camera(2.0, (1.0, -3.0)))
    board.enlarge(board.viewports[1])
    state = json.loads(json.dumps(board_state(board)))
    other = SliceBoard(Scene(board.scene.array, board.scene.affine), PALETTE)
    qtbot.addWidget(other)
    restore_board(other, state)
    assert board_state(other) == state
    for nonsense in ({}, {"window": [1, -1], "voxel": ["a", 1, 2], "cameras": 3, "overlay": 7, "layout": "9x9"}):
        restore_board(other, {**state, **nonsense})
    assert other.scene.window == board.scene.window


# ---------------------------------------------------------------------- what is painted


def shown(board: SliceBoard, number: int = 0) -> QImage:
    view = board.viewports[number]
    view.crosshair = view.active = False
    return view.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)


def pixel(image: QImage, board: SliceBoard, row: int, column: int, number: int = 0) -> QColor:
    x, y = board.viewports[number].placement().to_screen(row + 0.5, column + 0.5)
    return image.pixelColor(int(x), int(y))


def test_the_picture_is_the_slice_at_its_place(board):
    board.set_layout("1x1")
    image = shown(board)
    wanted = board.scene.picture(board.viewports[0].plane)
    for row in range(8, 24, 3):
        for column in range(8, 34, 3):
            assert abs(pixel(image, board, row, column).red() - int(wanted[row, column])) <= 40  # between pixel centres


def test_a_mask_is_painted_on_exactly_its_voxels(qtbot):
    mask = np.zeros((6, 20, 24), np.uint8)
    mask[2, 5:9, 6:11] = 1
    mask[2, 12, 15:18] = 2
    scene = Scene(np.zeros(mask.shape, np.int16), np.diag([-1.0, 1.0, 1.0, 1.0]), window=Window(1000, 100))
    board = SliceBoard(scene, PALETTE)
    qtbot.addWidget(board)
    board.set_layout("1x1")
    board.resize(480, 400)
    board.move_to((2, 10, 12))
    assert scene.add_layer("m", MaskLayer(mask, ["a", "b"], ["#ff0000", "#00ff00"]))
    scene.set_layers_look(1.0, True)
    image = shown(board)
    plane = board.viewports[0].plane
    wanted = plane.arrange(mask[2])
    for row in range(4, 16):
        for column in range(2, 22):
            colour = pixel(image, board, row, column)
            found = 1 if colour.red() > 200 else 2 if colour.green() > 200 else 0
            assert found == wanted[row, column], (row, column)
    scene.set_layers_look(1.0, False)
    assert pixel(shown(board), board, 6, 15).red() == 0


def test_half_opacity_shows_the_picture_through_the_mask(qtbot):
    mask = np.ones((2, 20, 20), np.uint8)
    scene = Scene(np.full(mask.shape, 500, np.int16), None, window=Window(0, 10))
    board = SliceBoard(scene, PALETTE)
    qtbot.addWidget(board)
    board.resize(300, 300)
    scene.add_layer("m", MaskLayer(mask, ["a"], ["#ff0000"]))
    scene.set_layers_look(0.5, True)
    colour = pixel(shown(board), board, 6, 6)
    assert colour.red() == 255 and abs(colour.green() - 127) <= 2


def test_a_mask_of_another_shape_is_refused(board):
    assert not board.scene.add_layer("m", MaskLayer(np.ones((2, 3, 4), np.uint8), [], ["#ff0000"]))
    assert not board.scene.layers


def test_colour_images_are_painted_in_their_colours(qtbot):
    values = np.zeros((3, 20, 30, 3), np.uint8)
    values[..., :15, 0], values[..., 15:, 2] = 200, 100
    board = SliceBoard(Scene(values), PALETTE)
    qtbot.addWidget(board)
    board.resize(600, 400)
    assert len(board.viewports) == 1
    image = shown(board)
    assert pixel(image, board, 6, 5).getRgb()[:3] == (200, 0, 0)
    assert pixel(image, board, 6, 25).getRgb()[:3] == (0, 0, 100)
    board.invert()
    assert pixel(shown(board), board, 6, 5).getRgb()[:3] == (55, 255, 255)
    board.set_window(Window(50, 100))
    assert board.scene.picture(board.viewports[0].plane).shape == (20, 30, 3)


def test_a_projection_takes_the_fourth_cell_and_leads_to_what_it_shows(board):
    projection = project(board.scene.array, board.scene.affine)
    board.add_projection(projection)
    view = board.viewports[3]
    board.point(view, 4.5, 7.5)
    assert board.scene.cursor == projection.voxel(4.5, 7.5)
    before = board.scene.cursor
    board.step(3, view)
    assert board.scene.cursor == before
    assert not view.grab().isNull()


def test_single_images_of_any_kind_of_number_are_shown(qtbot):
    for dtype in (np.uint8, np.uint16, np.int32, np.float32):
        board = SliceBoard(Scene(np.arange(600).reshape(20, 30).astype(dtype)), PALETTE)
        qtbot.addWidget(board)
        board.resize(80, 60)
        image = shown(board)
        assert pixel(image, board, 18, 27).red() > pixel(image, board, 2, 2).red()


def test_garbage_is_collected_on_a_timer_of_the_window_and_never_by_itself(qtbot):
    class Loop:
        def __init__(self) -> None:
            self.me = self

    assert not gc.isenabled()
    gone = weakref.ref(Loop())
    loops = [Loop() for _ in range(gc.get_threshold()[0] * 2)]
    assert gone() is not None

    def collected() -> bool:
        loops.extend(Loop() for _ in range(100))
        return gone() is None

    qtbot.waitUntil(collected)


def test_large_work_comes_back_to_the_window_and_its_thread_ends_with_the_view(qtbot):
    view = QWidget()
    background = Background(view)
    found: list[int] = []
    background.run(lambda: 6 * 7, found.append)
    qtbot.waitUntil(lambda: found == [42])
    executor = background.executor
    with qtbot.waitSignal(background.destroyed):
        view.deleteLater()
    with pytest.raises(RuntimeError, match="shutdown"):
        executor.submit(int)
