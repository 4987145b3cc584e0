"""What of a slice board is kept between starts, as JSON; whatever no longer fits is left as it opened."""

from __future__ import annotations

import math
from typing import Any

from medstation.api import Json
from medstation.widgets.board import SliceBoard
from medstation.widgets.camera import CLOSEST, FARTHEST, Camera
from medstation.widgets.colourmap import Window
from medstation.widgets.viewport import SliceViewport


def board_state(board: SliceBoard) -> Json:
    """Crosshair, window, overlay, layout, tool, and each viewport's zoom and pan."""
    scene = board.scene
    return {
        "voxel": list(scene.cursor),
        "window": [scene.window.centre, scene.window.width],
        "inverted": scene.inverted,
        "overlay": {"opacity": scene.layers_opacity, "visible": scene.layers_visible},
        "layout": board.layout_name,
        "enlarged": board.enlarged,
        "tool": board.tool,
        "cameras": {view.plane.name: [view.camera.zoom, *view.camera.pan] for view in board.viewports},
    }


def restore_board(board: SliceBoard, state: Json) -> None:
    """Bring a board to a state that `board_state` gave, perhaps for another version or another volume."""
    window = numbers(state.get("window"), 2)
    if window and window[1] > 0:
        board.set_window(Window(window[0], window[1]))
    if bool(state.get("inverted")) != board.scene.inverted:
        board.invert()
    overlay = state.get("overlay")
    if isinstance(overlay, dict) and numbers([overlay.get("opacity")], 1):
        board.set_overlay(float(overlay["opacity"]), bool(overlay.get("visible", True)))
    voxel = numbers(state.get("voxel"), 3)
    if voxel:
        board.move_to([int(value) for value in voxel])
    board.set_tool(str(state.get("tool", "")))
    restore_looks(board, state)


def restore_looks(board: SliceBoard, state: Json) -> None:
    board.set_layout(str(state.get("layout", "")))
    enlarged = board.viewport(str(state.get("enlarged", "")))
    if enlarged and not board.enlarged:
        board.enlarge(enlarged)
    for viewport in board.viewports:
        restore_camera(viewport, state)


def restore_camera(viewport: SliceViewport, state: Json) -> None:
    """Zoom and pan of one viewport."""
    cameras = state.get("cameras")
    camera = numbers(cameras.get(viewport.plane.name), 3) if isinstance(cameras, dict) else None
    if camera and FARTHEST <= camera[0] <= CLOSEST:
        viewport.set_camera(Camera(camera[0], (camera[1], camera[2])))


def numbers(value: Any, count: int) -> list[float] | None:
    """`value` as a list of `count` finite numbers, else None."""
    if not isinstance(value, list) or len(value) != count:
        return None
    good = all(isinstance(part, int | float) and math.isfinite(part) for part in value)
    return [float(part) for part in value] if good else None
