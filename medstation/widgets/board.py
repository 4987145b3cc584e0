"""Linked viewports of one volume, with tools, keys, presets, cine and layouts."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from medstation.widgets.anatomy import Plane
from medstation.widgets.camera import zoomed
from medstation.widgets.colourmap import Window
from medstation.widgets.commands import PAGE, TOOLS, command_for
from medstation.widgets.drawing import Line
from medstation.widgets.presets import Preset
from medstation.widgets.projection import Projection
from medstation.widgets.slices import Scene
from medstation.widgets.turns import Turns
from medstation.widgets.viewport import SliceViewport

LAYOUTS = ("1x1", "1+3")
CINE_FPS = 15.0
GAP = 2


class SliceBoard(QWidget):
    """Shows a scene: the plane it was acquired in large at the left, the others beside it.

    Signals: `scrolled()` slice or crosshair changed, `windowed()` window or sense changed, `overlay_changed()`,
    `tool_changed(name)`, `layout_changed(name)`, `cine_changed(playing)`.
    """

    scrolled = Signal()
    windowed = Signal()
    overlay_changed = Signal()
    tool_changed = Signal(str)
    layout_changed = Signal(str)
    cine_changed = Signal(bool)

    def __init__(
        self,
        scene: Scene,
        palette: Mapping[str, str],
        presets: Sequence[Preset] = (),
        frames_per_second: float = CINE_FPS,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.scene, self.presets = scene, tuple(presets)
        self.tool, self.layout_name, self.enlarged = "window", "1x1", ""
        self._palette = palette
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(GAP)
        self._cine = QTimer(self, interval=max(round(1000 / max(frames_per_second, 0.5)), 10))
        self._cine.timeout.connect(self.on_cine_ticked)
        self._turns = Turns(self)
        self.viewports: list[SliceViewport] = []
        for plane in scene.planes:
            self._add_viewport(plane)
        self._active = self.viewports[0]
        self.set_layout("1+3" if len(self.viewports) > 1 else "1x1")

    # ------------------------------------------------------------------ viewports and layout

    def plane_title(self, plane: Plane) -> str:
        words = {
            "axial": self.tr("Axial"),
            "coronal": self.tr("Coronal"),
            "sagittal": self.tr("Sagittal"),
            "image": self.tr("Image"),
            "projection": self.tr("Projection (MIP)"),
        }
        title = words[plane.name]
        return self.tr("{plane}, oblique").format(plane=title) if plane.oblique else title

    def _add_viewport(self, plane: Plane) -> None:
        viewport = SliceViewport(self.scene, plane, self.plane_title(plane), self._palette, self)
        viewport.crosshair = len(self.scene.planes) > 1
        viewport.scrolled.connect(lambda slices, of=viewport: self.step(slices, of))
        viewport.windowed.connect(self.on_windowed)
        viewport.pointed.connect(lambda row, column, of=viewport: self.point(of, row, column))
        viewport.activated.connect(lambda of=viewport: self.activate(of))
        viewport.enlarged.connect(lambda of=viewport: self.enlarge(of))
        viewport.tool = self.tool
        self.viewports.append(viewport)

    def add_projection(self, projection: Projection) -> None:
        """Show a projection of the volume in the fourth cell."""
        self.scene.show_projection(projection)
        self._add_viewport(projection.plane)
        self._arrange()

    @property
    def active(self) -> SliceViewport:
        """The viewport that keys act on."""
        return self._active

    def activate(self, viewport: SliceViewport) -> None:
        if viewport is not self._active:
            self._active = viewport
            self._mark_active()

    def viewport(self, name: str) -> SliceViewport | None:
        return next((viewport for viewport in self.viewports if viewport.plane.name == name), None)

    def set_layout(self, name: str) -> None:
        """ "1x1" shows one viewport, "1+3" the others beside it. Anything else is ignored."""
        if name not in LAYOUTS:
            return
        self.layout_name = name if len(self.viewports) > 1 else "1x1"
        self.enlarged = ""
        self._arrange()
        self.layout_changed.emit(self.layout_name)

    def enlarge(self, viewport: SliceViewport) -> None:
        """One viewport over the whole board, or back."""
        if len(self.viewports) > 1 and self.layout_name != "1x1":
            self.enlarged = "" if self.enlarged else viewport.plane.name
            self.activate(viewport)
            self._arrange()

    def _shown(self) -> list[SliceViewport]:
        if self.enlarged:
            return [viewport for viewport in self.viewports if viewport.plane.name == self.enlarged]
        return self.viewports[:1] if self.layout_name == "1x1" else self.viewports

    def _arrange(self) -> None:
        shown = self._shown()
        for viewport in self.viewports:
            self._grid.removeWidget(viewport)
            viewport.setVisible(viewport in shown)
            viewport.detailed = viewport is shown[0]
        rows = max(len(shown) - 1, 1)
        self._grid.addWidget(shown[0], 0, 0, rows, 1)
        for row, viewport in enumerate(shown[1:]):
            self._grid.addWidget(viewport, row, 1)
        for row in range(3):
            self._grid.setRowStretch(row, 1 if row < rows else 0)
        self._grid.setColumnStretch(0, 57)
        self._grid.setColumnStretch(1, 43 if len(shown) > 1 else 0)
        if self._active not in shown:
            self._active = shown[0]
        self._mark_active()

    def _mark_active(self) -> None:
        several = len(self._shown()) > 1
        for viewport in self.viewports:
            viewport.active = several and viewport is self._active
            viewport.update()

    def describe(self, left: Sequence[str], right: Sequence[str]) -> None:
        """Lines for the upper corners of the large viewport (who, what; when)."""
        for viewport in self.viewports:
            viewport.about = (tuple(left), tuple(right))
        self.refresh()

    def set_legend(self, lines: Sequence[Line]) -> None:
        for viewport in self.viewports:
            viewport.legend = tuple(lines)
        self.refresh()

    def set_cautions(self, cautions: Mapping[int, str]) -> None:
        """What is wrong with single slices, by index of the plane they were acquired in; said on the slice."""
        self.viewports[0].cautions = dict(cautions)
        self.refresh()

    def set_palette(self, palette: Mapping[str, str]) -> None:
        self._palette = palette
        for viewport in self.viewports:
            viewport.set_palette(palette)

    def refresh(self) -> None:
        """Paint again what is visible: the active viewport at once, the others in turn."""
        self._active.update()
        self._turns.ask(viewport for viewport in self._shown() if viewport is not self._active)

    def finish_painting(self) -> None:
        """Paint everything that still waits for its turn, now."""
        self._active.repaint()
        self._turns.finish()

    # ------------------------------------------------------------------ moving

    def step(self, slices: int, viewport: SliceViewport | None = None) -> None:
        """Scroll a viewport (the active one) by some slices."""
        plane = (viewport or self._active).plane
        if plane.depth > 1:
            self.scroll_to(plane, self.scene.index(plane) + slices)

    def scroll_to(self, plane: Plane, index: int) -> None:
        if self.scene.scroll_to(plane, index):
            self._moved()

    def move_to(self, voxel: Sequence[int]) -> None:
        """Put the crosshair on a voxel (z, y, x); every viewport follows."""
        if self.scene.move_to(voxel):
            self._moved()

    def point(self, viewport: SliceViewport, row: float, column: float) -> None:
        """Put the crosshair on a point of a viewport's plane."""
        projection = self.scene.projection
        if projection is not None and viewport.plane is projection.plane:
            self.move_to(projection.voxel(row, column))
        else:
            self.move_to(viewport.plane.voxel(row, column, self.scene.index(viewport.plane)))

    def _moved(self) -> None:
        for viewport in self._shown():
            viewport.setAccessibleDescription(viewport.slice_line())
        self.refresh()
        self.scrolled.emit()

    # ------------------------------------------------------------------ looks

    def set_tool(self, tool: str) -> None:
        if tool in TOOLS and tool != self.tool:
            self.tool = tool
            for viewport in self.viewports:
                viewport.tool = tool
            self.tool_changed.emit(tool)

    def set_window(self, window: Window) -> None:
        if self.scene.set_window(window):
            self.refresh()
            self.windowed.emit()

    def on_windowed(self, dx: float, dy: float) -> None:
        """Dragging: right for a wider window (less contrast), down for a higher centre (darker), in shares of it."""
        self.set_window(self.scene.window.stretched(math.exp(dx * 0.005), dy * 0.003))

    def set_preset(self, number: int) -> None:
        """A preset by its key, from 1 on; 0 is the window the file asked for (or one that fits)."""
        if number == 0:
            self.set_window(self.scene.first_window)
        elif number <= len(self.presets):
            self.set_window(self.presets[number - 1].window)

    def set_overlay(self, opacity: float, visible: bool) -> None:
        self.scene.set_layers_look(opacity, visible)
        self.refresh()
        self.overlay_changed.emit()

    def invert(self) -> None:
        self.scene.invert()
        self.refresh()
        self.windowed.emit()

    def reset(self) -> None:
        """Back to how it opened: window, sense, zoom and pan of every viewport (the crosshair stays)."""
        if self.scene.inverted:
            self.scene.invert()
        self.set_preset(0)
        for viewport in self.viewports:
            viewport.fit()
        self.refresh()
        self.windowed.emit()

    def zoom(self, factor: float) -> None:
        """Zoom the active viewport about its middle."""
        viewport = self._active
        per_mm = viewport.placement().width / viewport.plane.pixel_mm[1]
        viewport.set_camera(zoomed(viewport.camera, factor, (0.0, 0.0), per_mm))

    # ------------------------------------------------------------------ cine

    @property
    def playing(self) -> bool:
        return self._cine.isActive()

    def play(self, playing: bool) -> None:
        if playing == self.playing or (playing and self._active.plane.depth == 1):
            return
        if playing:
            self._cine.start()
        else:
            self._cine.stop()
        self.cine_changed.emit(playing)

    def on_cine_ticked(self) -> None:
        plane = self._active.plane
        self.scroll_to(plane, (self.scene.index(plane) + 1) % plane.depth)

    def hideEvent(self, event: QHideEvent) -> None:
        self.play(False)
        super().hideEvent(event)

    # ------------------------------------------------------------------ commands

    def keyPressEvent(self, event: QKeyEvent) -> None:
        command = command_for(event)
        if command and self.perform(command):
            event.accept()
        else:
            super().keyPressEvent(event)

    def perform(self, command: str) -> bool:
        """Do what a command (see `commands.KEYS`) says; False for an unknown one."""
        name, _, argument = command.partition(":")
        scene, plane = self.scene, self._active.plane
        actions: dict[str, Callable[[], None]] = {
            "next_slice": lambda: self.step(1),
            "previous_slice": lambda: self.step(-1),
            "next_page": lambda: self.step(PAGE),
            "previous_page": lambda: self.step(-PAGE),
            "first_slice": lambda: self.scroll_to(plane, 0),
            "last_slice": lambda: self.scroll_to(plane, plane.depth - 1),
            "reset": self.reset,
            "invert": self.invert,
            "fit": self._active.fit,
            "zoom_in": lambda: self.zoom(1.25),
            "zoom_out": lambda: self.zoom(0.8),
            "toggle_overlay": lambda: self.set_overlay(scene.layers_opacity, not scene.layers_visible),
            "overlay_less": lambda: self.set_overlay(scene.layers_opacity - 0.1, True),
            "overlay_more": lambda: self.set_overlay(scene.layers_opacity + 0.1, True),
            "cine": lambda: self.play(not self.playing),
            "layout": lambda: self.set_layout("1x1" if self.layout_name == "1+3" else "1+3"),
            "tool": lambda: self.set_tool(argument),
            "preset": lambda: self.set_preset(int(argument)),
        }
        if name not in actions:
            return False
        actions[name]()
        return True
