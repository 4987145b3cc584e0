"""Scrolling, windowing and crosshair moves in the real slice board: from the key to the painted widget."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np

SHAPE = (600, 512, 512)
FRAMES = 60
VIEW = (1130, 770)
SIDES = (640, 256, 256)
"""How large the board's own viewports are in the 1+3 layout, for a fair peer."""


def rows(shape: tuple[int, int, int] = SHAPE, frames: int = FRAMES) -> list[dict[str, Any]]:
    """Median cpu ms of one step of ours and of a peer doing the same, in the same run; `ratio` is peer / ours."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    app = QApplication.instance() or QApplication([])
    volume = phantom(shape)
    plain = plain_steps(volume)
    one, four = board_steps(volume, "1x1"), board_steps(volume, "1+3")
    plot = matplotlib_step(volume)
    numpy_way = "numpy float + QImage"
    pairs = [
        ("axial scroll, one plane", one["scroll"], numpy_way, plain["scroll"]),
        ("axial scroll, one plane", one["scroll"], "matplotlib Agg", plot),
        ("axial scroll, in 1+3", four["scroll"], numpy_way, plain["scroll"]),
        ("sagittal scroll, in 1+3", four["sagittal"], numpy_way, plain["sagittal"]),
        ("window drag, one plane", one["window"], numpy_way, plain["window"]),
        ("window drag, in 1+3", four["window"], numpy_way, plain["window"]),
        ("window drag, in 1+3, all painted", four["all windowed"], f"{numpy_way}, 3 planes", plain["window 3"]),
        ("crosshair drag, in 1+3", four["cross"], f"{numpy_way}, 3 planes", plain["cross"]),
        ("crosshair drag, in 1+3, all painted", four["all crossed"], f"{numpy_way}, 3 planes", plain["cross"]),
    ]
    found = [compare(name, ours, against, peer, frames) for name, ours, against, peer in pairs]
    app.processEvents()
    return found


def compare(
    name: str, ours: Callable[[int], None], against: str, peer: Callable[[int], None], frames: int
) -> dict[str, Any]:
    """Both in turn, so that a busy machine hits both alike."""
    walls: tuple[list[float], list[float]] = ([], [])
    cpus: tuple[list[float], list[float]] = ([], [])
    for i in range(frames):
        for step, wall, cpu in zip((ours, peer), walls, cpus, strict=True):
            start, worked = time.perf_counter(), time.process_time()
            step(i)
            wall.append((time.perf_counter() - start) * 1e3)
            cpu.append((time.process_time() - worked) * 1e3)
    mine, other = (float(np.median(taken)) for taken in cpus)
    middle, p95 = (float(value) for value in np.percentile(walls[0], (50, 95)))
    note = f"cpu ms a frame; wall {middle:.1f}, p95 {p95:.1f}, worst {max(walls[0]):.1f} ms"
    return {"name": name, "ours": mine, "against": against, "peer": other, "ratio": other / mine, "note": note}


def phantom(shape: tuple[int, int, int]) -> np.ndarray:
    rng = np.random.default_rng(0)
    z, y, x = (np.linspace(-1, 1, size) for size in shape)
    body = np.where(y[:, None] ** 2 + x[None] ** 2 < 0.7, 40, -1000)
    slab = body + rng.normal(0, 30, (8, *shape[1:]))
    volume = np.empty(shape, np.int16)
    for index in range(shape[0]):
        volume[index] = slab[index % 8] + 100 * z[index]
    return volume


def board_steps(volume: np.ndarray, layout: str) -> dict[str, Callable[[int], None]]:
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    from medstation.widgets.background import Background
    from medstation.widgets.board import SliceBoard
    from medstation.widgets.projection import project
    from medstation.widgets.slices import Scene
    from medstation.widgets.theme import TOKENS

    affine = np.diag([0.7, 0.7, 1.0, 1.0])
    app = QApplication.instance()
    assert app is not None
    scene = Scene(volume, affine, unit="HU", executor=Background(app).executor)
    board = SliceBoard(scene, TOKENS["dark"])
    projection = project(volume, affine)
    assert projection is not None
    board.add_projection(projection)
    board.set_layout(layout)
    board.resize(*VIEW)
    board.show()

    def scroll(i: int) -> None:
        board.activate(board.viewports[0])
        QTest.keyClick(board, Qt.Key.Key_Down if i % 200 < 100 else Qt.Key.Key_Up)
        app.processEvents()

    def sagittal(i: int) -> None:
        board.activate(board.viewports[2])
        QTest.keyClick(board, Qt.Key.Key_Down if i % 200 < 100 else Qt.Key.Key_Up)
        app.processEvents()

    def window(i: int) -> None:
        board.on_windowed(3.0 if i % 20 < 10 else -3.0, 2.0 if i % 10 < 5 else -2.0)
        app.processEvents()

    def cross(i: int) -> None:
        board.move_to((200 + i, 150 + 2 * i, 300 - 2 * i))
        app.processEvents()

    def all_crossed(i: int) -> None:
        cross(i)
        board.finish_painting()

    def all_windowed(i: int) -> None:
        window(i)
        board.finish_painting()

    return {
        "scroll": scroll,
        "sagittal": sagittal,
        "window": window,
        "all windowed": all_windowed,
        "cross": cross,
        "all crossed": all_crossed,
    }


def plain_steps(volume: np.ndarray) -> dict[str, Callable[[int], None]]:
    """The straight way: window in float64, QImage, smooth pixmap on a label of the same size."""
    from PySide6.QtCore import Qt
    from PySide6.QtGui import QImage, QPixmap
    from PySide6.QtWidgets import QApplication, QLabel

    label = QLabel()
    label.resize(*VIEW)
    label.show()
    app = QApplication.instance()
    assert app is not None

    def show(section: np.ndarray, centre: float = 40.0, width: float = 400.0, side: int = min(VIEW)) -> None:
        grey = ((section.astype(np.float64) - centre + width / 2) / width * 255).clip(0, 255).astype(np.uint8)
        image = QImage(grey.tobytes(), grey.shape[1], grey.shape[0], grey.shape[1], QImage.Format.Format_Grayscale8)
        label.setPixmap(
            QPixmap.fromImage(image).scaled(
                side, side, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
            )
        )
        app.processEvents()

    def cross(i: int) -> None:
        sections = (volume[200 + i], volume[:, 150 + 2 * i], volume[:, :, 300 - 2 * i])
        for section, side in zip(sections, SIDES, strict=True):
            show(section, side=side)

    def window_three(i: int) -> None:
        sections = (volume[300], volume[:, 256], volume[:, :, 256])
        for section, side in zip(sections, SIDES, strict=True):
            show(section, 40 + i % 7, 400 + i % 5, side)

    return {
        "scroll": lambda i: show(volume[(300 + i) % len(volume)]),
        "window": lambda i: show(volume[len(volume) // 2], 40 + i % 7, 400 + i % 5),
        "sagittal": lambda i: show(volume[:, :, (256 + i) % volume.shape[2]]),
        "window 3": window_three,
        "cross": cross,
    }


def matplotlib_step(volume: np.ndarray) -> Callable[[int], None]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure((VIEW[0] / 100, VIEW[1] / 100), dpi=100)
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    picture = axes.imshow(volume[0], cmap="gray", vmin=-160, vmax=240)

    def step(i: int) -> None:
        picture.set_data(volume[(300 + i) % len(volume)])
        canvas.draw()

    return step


if __name__ == "__main__":
    for row in rows():
        print(f"{row['name']:46} {row['ours']:6.2f} ms  x{row['ratio']:5.1f} {row['against']:38} {row['note']}")
