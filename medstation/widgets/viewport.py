"""One viewport: draws a plane of a scene and says what the person does in it. It changes nothing but its own camera."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QFocusEvent,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from medstation.widgets import captions
from medstation.widgets.anatomy import Plane, Voxel
from medstation.widgets.camera import Camera, Placement, panned, place, zoomed
from medstation.widgets.drawing import (
    Line,
    caption_font,
    draw_crosshair,
    draw_letters,
    draw_lines,
    draw_patch,
    draw_picture,
    room_taken,
)
from medstation.widgets.masks import Patch
from medstation.widgets.resample import Enlarger
from medstation.widgets.slices import Scene

NOTCH = 120
TOP_LEFT = Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft
TOP_RIGHT = Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignRight
BOTTOM_LEFT = Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft
BOTTOM_RIGHT = Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignRight


class SliceViewport(QWidget):
    """Shows `plane` of `scene` in the colours of `palette` (theme tokens).

    Signals: `scrolled(slices)`, `windowed(dx, dy)` in screen pixels, `pointed(row, column)` in pixels of the plane,
    `probed(text)` the value under the mouse, `activated()`, `enlarged()` on a double click, `camera_changed()`.
    """

    scrolled = Signal(int)
    windowed = Signal(float, float)
    pointed = Signal(float, float)
    probed = Signal(str)
    activated = Signal()
    enlarged = Signal()
    camera_changed = Signal()

    def __init__(
        self, scene: Scene, plane: Plane, title: str, palette: Mapping[str, str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.scene, self.plane, self.title = scene, plane, title
        self.camera = Camera()
        self.tool = "window"
        self.detailed, self.active, self.crosshair = True, False, True
        self.about: tuple[Sequence[str], Sequence[str]] = ((), ())
        self.legend: Sequence[Line] = ()
        self.cautions: Mapping[int, str] = {}
        self._palette = palette
        self._probe = ""
        self._notches = 0
        self._drag: tuple[str, QPointF, QPointF] | None = None
        self._drawn: tuple[object, ...] = ()
        self._backdrop = QImage()
        self._enlarger = Enlarger()
        self._patches: list[tuple[str, Patch]] = []
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(80, 60)
        self.setAccessibleName(title)

    def sizeHint(self) -> QSize:
        return QSize(512, 512)

    # ------------------------------------------------------------------ what is seen

    def placement(self) -> Placement:
        """Where the plane's pixels are in this widget."""
        return place(self.camera, self.plane.shape, self.plane.pixel_mm, (self.width(), self.height()))

    def voxel_under(self, at: QPointF) -> Voxel | None:
        """The voxel drawn at a point of the widget; None outside the picture."""
        row, column = self.placement().to_plane(at.x(), at.y())
        if not self.plane.holds(row, column):
            return None
        projection = self.scene.projection
        if projection is not None and self.plane is projection.plane:
            return projection.voxel(row, column)
        return self.plane.voxel(row, column, self.scene.index(self.plane))

    def slice_line(self) -> str:
        """Which slice this is, as a person says it: "Axial 288/600"."""
        if self.plane.depth == 1:
            return self.title
        return f"{self.title} {self.scene.index(self.plane) + 1}/{self.plane.depth}"

    def set_camera(self, camera: Camera) -> None:
        if camera != self.camera:
            self.camera = camera
            self.camera_changed.emit()
            self.update()

    def fit(self) -> None:
        self.set_camera(Camera())

    def set_palette(self, palette: Mapping[str, str]) -> None:
        self._palette = palette
        self._drawn = ()
        self.update()

    # ------------------------------------------------------------------ painting

    def paintEvent(self, event: QPaintEvent) -> None:
        placement = self.placement()
        self._refresh_backdrop(placement)
        painter = QPainter(self)
        painter.drawImage(0, 0, self._backdrop)
        if self.crosshair:
            x, y = placement.to_screen(*self.plane.spot(self.scene.cursor))
            draw_crosshair(painter, (x, y), (self.width(), self.height()), self._palette["image_text"])
        self._draw_words(painter, placement)
        if self.active:
            painter.setPen(QPen(QColor(self._palette["accent"]), 1))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def _refresh_backdrop(self, placement: Placement) -> None:
        """The picture with its masks is kept as it stands on screen: crosshair and text change far more often."""
        ratio = self.devicePixelRatioF()
        wanted = (self.scene.stamp(self.plane), placement, self.size(), ratio)
        if wanted == self._drawn:
            return
        if self._backdrop.size() != self.size() * ratio:
            self._backdrop = QImage(self.size() * ratio, QImage.Format.Format_RGB32)
        self._backdrop.setDevicePixelRatio(ratio)
        self._backdrop.fill(QColor(self._palette["image_background"]))
        self._drawn = wanted
        painter = QPainter(self._backdrop)
        draw_picture(painter, self.scene.picture(self.plane), placement, ratio, self._enlarger)
        self._find_patches()
        for key, patch in self._patches:
            draw_patch(painter, self.scene.layers[key], patch, self.scene.layers_opacity, placement)
        painter.end()

    def _find_patches(self) -> None:
        index, visible = self.scene.index(self.plane), self.scene.layers_visible and self.plane.name != "projection"
        layers = self.scene.layers.items() if visible else ()
        found = ((key, layer.patch(self.plane, index)) for key, layer in layers)
        self._patches = [(key, patch) for key, patch in found if patch is not None]

    def _draw_words(self, painter: QPainter, placement: Placement) -> None:
        ink, shade, room = self._palette["image_text"], self._palette["image_background"], self.rect()
        corners = self._corners(placement)
        painter.setFont(caption_font(11))
        lowered = max(room_taken(painter, room, lines) for corner, lines in corners if corner in (TOP_LEFT, TOP_RIGHT))
        painter.setFont(caption_font(13))
        draw_letters(painter, room, self.plane.letters, ink, shade, lowered)
        painter.setFont(caption_font(11))
        for corner, lines in corners:
            draw_lines(painter, room, corner, lines, ink, shade)

    def _corners(self, placement: Placement) -> list[tuple[Qt.AlignmentFlag, list[Line]]]:
        """The lines of the four corners; small viewports say only which slice they show."""
        place_line = captions.place_line(self.scene, self.plane) if self.plane.depth > 1 else ""
        if not self.detailed:
            probe = [Line(self._probe)] if self._probe else []
            return [(TOP_LEFT, [Line(self.slice_line())]), (TOP_RIGHT, [Line(place_line)]), (BOTTOM_LEFT, probe)]
        left = [*map(Line, self.about[0]), Line(self.slice_line())]
        caution = self.cautions.get(self.scene.index(self.plane))
        if caution:
            left.append(Line(f"⚠ {caution}"))
        right = [*map(Line, self.about[1]), Line(place_line)]
        numbers = [self._probe, captions.window_line(self.scene), self.zoom_line(placement)]
        legend = [*self.legend, *self._segment_lines()]
        return [
            (TOP_LEFT, left),
            (TOP_RIGHT, [line for line in right if line.text]),
            (BOTTOM_LEFT, [Line(text) for text in numbers if text]),
            (BOTTOM_RIGHT, legend),
        ]

    def zoom_line(self, placement: Placement) -> str:
        return self.tr("Zoom {percent} %").format(percent=captions.zoom_percent(placement))

    def _segment_lines(self) -> list[Line]:
        found = []
        for key, patch in self._patches:
            layer = self.scene.layers[key]
            tail = f" · {layer.note}" if layer.note else ""
            found += [Line(layer.name(value) + tail, layer.colour(value)) for value in patch.present]
        return found[-8:]

    # ------------------------------------------------------------------ mouse

    def wheelEvent(self, event: QWheelEvent) -> None:
        delta = event.angleDelta().y() or event.angleDelta().x()
        event.accept()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._zoom(math.exp(delta / NOTCH * 0.15), event.position())
            return
        self._notches += delta
        slices = int(self._notches / NOTCH)
        self._notches -= slices * NOTCH
        if slices:
            self.activated.emit()
            self.scrolled.emit(-slices)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.activated.emit()
        tool = {Qt.MouseButton.RightButton: "zoom", Qt.MouseButton.MiddleButton: "pan"}.get(event.button(), self.tool)
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            tool = "crosshair"
        self._drag = (tool, event.position(), event.position())
        if tool == "crosshair":
            self._point(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        self._hover(at)
        if self._drag is None:
            return
        tool, start, last = self._drag
        self._drag = (tool, start, at)
        moved = at - last
        if tool == "window":
            self.windowed.emit(moved.x(), moved.y())
        elif tool == "pan":
            self.set_camera(panned(self.camera, (moved.x(), moved.y()), self._per_mm()))
        elif tool == "zoom":
            self._zoom(math.exp(-moved.y() * 0.01), start)
        else:
            self._point(at)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._drag = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._drag = None
        if event.button() == Qt.MouseButton.LeftButton:
            self.enlarged.emit()

    def leaveEvent(self, event: QEvent) -> None:
        self._show_probe("")

    def enterEvent(self, event: QEnterEvent) -> None:
        self._hover(event.position())

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.activated.emit()
        super().focusInEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._notches = 0
        super().resizeEvent(event)

    def _per_mm(self) -> float:
        return self.placement().width / self.plane.pixel_mm[1]

    def _zoom(self, factor: float, at: QPointF) -> None:
        anchor = (at.x() - self.width() / 2, at.y() - self.height() / 2)
        self.set_camera(zoomed(self.camera, factor, anchor, self._per_mm()))

    def _point(self, at: QPointF) -> None:
        row, column = self.placement().to_plane(at.x(), at.y())
        self.pointed.emit(row, column)

    def _hover(self, at: QPointF) -> None:
        voxel = self.voxel_under(at)
        self._show_probe("" if voxel is None else captions.probe_line(self.scene, voxel))

    def _show_probe(self, text: str) -> None:
        if text != self._probe:
            self._probe = text
            self.probed.emit(text)
            self.update()
