"""The imaging data view: a record's images in linked planes, with labels and predictions laid over them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from medstation.api import Fetched, Json, Layer, MedStationError, ViewContext
from medstation.widgets.background import Background
from medstation.widgets.board import CINE_FPS, SliceBoard
from medstation.widgets.board_state import board_state, restore_board, restore_camera
from medstation.widgets.captions import matrix_line
from medstation.widgets.colourmap import Window
from medstation.widgets.drawing import Line
from medstation.widgets.masks import MaskLayer
from medstation.widgets.pages import DataPages, NotesBanner
from medstation.widgets.presets import presets_for
from medstation.widgets.projection import Projection, project
from medstation.widgets.slices import Scene
from medstation_imaging.view_layers import class_line, mask_layer
from medstation_imaging.view_pages import DocumentPage
from medstation_imaging.view_toolbar import ViewToolbar
from medstation_imaging.view_words import person_line

FETCH = "medstation_imaging.volume:fetch_volume"


class ImagingView(QWidget):
    """A `DataView` (see `medstation.api.view`) for volumes, single images, cine loops and documents."""

    def __init__(self, context: ViewContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._background = Background(self)
        self.board: SliceBoard | None = None
        self._layers: dict[str, Layer] = {}
        self._waiting_state: Json = {}
        self._waiting_place: Json = {}
        self._notes = NotesBanner(context.record.notes)
        self._pages = DataPages(context, self.tr("These images cannot be shown"))
        self._pages.retried.connect(self.load)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._notes)
        column.addWidget(self._pages, 1)
        if context.record.kind == "document":
            self._pages.show_page(DocumentPage(context.record))
        else:
            self.load()

    # ------------------------------------------------------------------ loading

    def load(self) -> None:
        """Ask a worker for the images; the view stays at rest meanwhile."""
        self._pages.open()
        self._pages.fetch(FETCH, {}, self.on_fetched)

    def on_fetched(self, fetched: Fetched) -> None:
        facts = fetched.facts
        scene = scene_from(fetched, self._background)
        presets = presets_for(scene.unit, facts.get("presets") or (), scene.first_window)
        board = SliceBoard(scene, self._context.palette, presets, facts.get("frames_per_second") or CINE_FPS)
        self.board = board
        self._pages.show_page(self._page_of(board))
        record = self._context.record
        size_known = bool(facts.get("spacing"))
        board.describe(
            (person_line(record.person, record.when), record.title),
            (record.when[:10], matrix_line(scene.planes[0], size_known)),
        )
        frames = enumerate(facts.get("frames") or ())
        board.set_cautions({index: frame["fault"] for index, frame in frames if frame.get("fault")})
        restore_board(board, self._waiting_state)
        self.go_to(self._waiting_place)
        for layer in self._layers.values():
            self._draw(layer)
        if scene.unit:  # brightness means something (HU, Bq/mL): in MR the brightest voxels are of no interest
            self._background.run(partial(project, scene.array, scene.affine), self.on_projected)
        board.active.setFocus(Qt.FocusReason.OtherFocusReason)

    def on_projected(self, projection: Projection | None) -> None:
        if self.board is not None and projection is not None:
            self.board.add_projection(projection)
            restore_camera(self.board.viewports[-1], self._waiting_state)

    def _page_of(self, board: SliceBoard) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(ViewToolbar(board))
        column.addWidget(board, 1)
        return page

    # ------------------------------------------------------------------ DataView

    def show_layer(self, layer: Layer) -> None:
        """Draw a label or prediction; kept until the images are there."""
        self._layers[layer.id] = layer
        if self.board is not None:
            self._draw(layer)

    def hide_layer(self, layer_id: str) -> None:
        self._layers.pop(layer_id, None)
        if self.board is not None:
            self.board.scene.remove_layer(layer_id)
            self._show_classes()
            self.board.overlay_changed.emit()
            self.board.refresh()

    def go_to(self, place: Json) -> None:
        """Put the crosshair on `{"voxel": [z, y, x]}`."""
        if self.board is None:
            self._waiting_place = place
            return
        voxel = place.get("voxel")
        if isinstance(voxel, list | tuple) and len(voxel) == 3:
            self.board.move_to([round(value) for value in voxel])

    def state(self) -> Json:
        return board_state(self.board) if self.board is not None else self._waiting_state

    def restore(self, state: Json) -> None:
        if self.board is None:
            self._waiting_state = state
        else:
            restore_board(self.board, state)

    # ------------------------------------------------------------------ layers

    def _draw(self, layer: Layer) -> None:
        if layer.kind == "mask":
            decode = partial(mask_layer, layer, dict(self._context.palette))
            self._background.run(decode, partial(self.on_decoded, layer), self.on_layer_failed)
        else:
            self._show_classes()

    def on_decoded(self, layer: Layer, mask: MaskLayer) -> None:
        if self.board is None or self._layers.get(layer.id) is not layer:
            return  # hidden, or shown anew, while it was being decoded
        if self.board.scene.add_layer(layer.id, mask):
            self.board.refresh()
            self.board.overlay_changed.emit()
        else:
            text = self.tr("{title} was made for other images and is not shown: {mask} voxels instead of {images}.")
            shapes = ("×".join(map(str, shape)) for shape in (mask.shape, self.board.scene.array.shape[:3]))
            self._context.say(text.format(title=layer.title, mask=next(shapes), images=next(shapes)))

    def on_layer_failed(self, error: MedStationError) -> None:
        self._context.say(f"{error.message} {error.hint}".strip())

    def _show_classes(self) -> None:
        if self.board is not None:
            lines = (class_line(layer, self._context.palette) for layer in self._layers.values())
            self.board.set_legend([line for line in lines if isinstance(line, Line)])

    # ------------------------------------------------------------------ theme

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange and self.board is not None:
            self.board.set_palette(self._context.palette)
        super().changeEvent(event)


def scene_from(fetched: Fetched, background: Background) -> Scene:
    """The scene of what `fetch_volume` gave: arrays {"volume"}, facts affine, spacing, unit, window, photometric."""
    facts = fetched.facts
    affine = facts.get("affine")
    return Scene(
        fetched.arrays["volume"],
        None if affine is None else np.asarray(affine, np.float64).reshape(4, 4),
        facts.get("spacing"),
        str(facts.get("unit") or ""),
        window_from(facts),
        facts.get("photometric") == "MONOCHROME1",
        background.executor,
    )


def window_from(facts: Mapping[str, Any]) -> Window | None:
    window = facts.get("window")
    return Window(float(window[0]), float(window[1])) if window and window[1] > 0 else None
