"""The window: how soon it is there, and how late it answers while a training uses every core."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 5
SECONDS = 8.0
TICK_MS = 5

EMPTY = """
import time
begun = time.perf_counter()
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow
app = QApplication([])
window = QMainWindow()
window.resize(1440, 880)
window.show()
QTimer.singleShot(0, app.quit)
app.exec()
print(time.perf_counter() - begun)
"""

OURS = """
import sys, tempfile, time
begun = time.perf_counter()
from pathlib import Path
import qasync
from PySide6.QtWidgets import QApplication
from medstation.shell.run import Shell
folder = Path(tempfile.mkdtemp())
app = QApplication([])
with qasync.QEventLoop(app) as loop:
    shell = Shell(app, loop, folder / "vault", None, folder / "config", lambda: (True, 0))
    shell.window.painted.connect(lambda: (print(time.perf_counter() - begun), shell.window.leave()))
    shell.open()
    loop.run_until_complete(shell.ended)
"""

HEAVY = (
    "import time; begun = time.perf_counter(); import torch, monai.networks.nets; print(time.perf_counter() - begun)"
)


def rows() -> list[dict[str, Any]]:
    """See `tests/bench/__main__.py`."""
    return [*_start_rows(), *_lateness_rows(), *_circle_rows()]


def _start_rows() -> list[dict[str, Any]]:
    ours, empty = [], []
    for _ in range(ROUNDS):
        ours.append(_seconds(OURS))
        empty.append(_seconds(EMPTY))
    heavy = _seconds(HEAVY)
    note = "seconds from the first import to the first painting, median of 5; the gate, before any task is loaded"
    return [
        {
            "name": "start to first window",
            "ours": round(_median(ours), 3),
            "against": "an empty Qt window",
            "peer": round(_median(empty), 3),
            "ratio": round(_median(empty) / _median(ours), 2),
            "note": note,
        },
        {
            "name": "start to first window",
            "ours": round(_median(ours), 3),
            "against": "importing torch and MONAI alone",
            "peer": round(heavy, 2),
            "ratio": round(heavy / _median(ours), 1),
            "note": "seconds; what a start would wait for if the window loaded what a worker needs",
        },
    ]


def _seconds(script: str) -> float:
    path = os.pathsep.join(str(ROOT / name) for name in ("", "plugins", "resources"))
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": path}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def _run(module: str) -> dict[str, Any]:
    path = os.pathsep.join(str(ROOT / name) for name in ("", "plugins", "resources", "tests/bench"))
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": path}
    command = [sys.executable, "-m", module, str(SECONDS), str(TICK_MS)]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _lateness_rows() -> list[dict[str, Any]]:
    found = _run("window_lateness")
    return [
        {
            "name": "window's lateness beside busy cores, p99",
            "ours": round(found["training"]["p99"], 1),
            "against": "the same work in a thread of the window",
            "peer": round(found["thread"]["p99"], 1),
            "ratio": round(found["thread"]["p99"] / max(found["training"]["p99"], 0.1), 1),
            "note": f"ms over a {TICK_MS} ms timer, all cores busy; at rest {found['idle']['p99']:.1f} ms; "
            f"worst {found['training']['max']:.0f} against {found['thread']['max']:.0f} ms; target 50 ms",
        }
    ]


def _circle_rows() -> list[dict[str, Any]]:
    found = _run("window_circle")
    return [
        {
            "name": "window's lateness beside a real fine-tuning, p99",
            "ours": round(found["p99"], 1),
            "against": "target",
            "peer": 50.0,
            "ratio": round(50.0 / max(found["p99"], 0.1), 1),
            "note": f"ms over a {TICK_MS} ms timer while the demo's segmentation trains; worst {found['max']:.0f} ms",
        },
        {
            "name": "first prediction starts after the click, worker warm",
            "ours": round(found["first_word"], 3),
            "against": "target",
            "peer": 1.0,
            "ratio": round(1.0 / max(found["first_word"], 0.001), 1),
            "note": f"seconds to the worker's first word; its findings in the window after {found['first_result']:.1f} "
            f"s, of a second one after {found['second_result']:.1f} s",
        },
    ]


if __name__ == "__main__":
    print(json.dumps(rows(), indent=1))
