"""A real window, a timer in it, and work that uses all cores: at rest, in a worker, and in a thread for comparison."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import qasync
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication

from medstation.actions.workstation import Workstation
from medstation.api import Json
from medstation.jobs import Desk, Job
from medstation.shell.run import Shell
from medstation.shell.run_story import RunStory
from medstation.vault import Kdf, Vault
from medstation.widgets.plots import Line

PASSPHRASE = "a long enough passphrase"


def steps(going: Callable[[], bool]) -> None:
    """Training-like work: matrix products on every core, and batches put together in plain Python between them."""
    left, right = np.ones((700, 700), np.float32), np.ones((700, 700), np.float32)
    while going():
        for _ in range(4):
            left = left @ right / 700
        counts: dict[str, int] = {}
        for word in ("the patient was admitted with chest pain and shortness of breath " * 120).split():
            for end in range(len(word)):
                counts[word[:end]] = counts.get(word[:end], 0) + 1


def on_all_cores(going: Callable[[], bool]) -> list[threading.Thread]:
    cores = [threading.Thread(target=steps, args=(going,), daemon=True) for _ in range(os.cpu_count() or 1)]
    for core in cores:
        core.start()
    return cores


def train(request: Json, desk: Desk) -> Json:
    """In a worker: as many threads as cores, and an event and progress at the pace of a real run."""
    cores = on_all_cores(lambda: not desk.stop_requested())
    epoch = 0.0
    while not desk.stop_requested():
        time.sleep(0.1)
        epoch += 0.1
        desk.report((epoch / 100) % 1, f"epoch {epoch:.1f}")
        desk.event({"event": "metric", "epoch": epoch, "values": {"loss/train": 1 / epoch, "dice": 1 - 1 / epoch}})
    for core in cores:
        core.join()
    return {}


class Lateness:
    """How much later than asked for a precise timer of the window fires, ms."""

    def __init__(self, shell: Shell, interval_ms: int) -> None:
        self._shell = shell
        self._interval = interval_ms
        self._late: list[float] = []
        self._last = 0.0

    async def measure(self, seconds: float) -> dict[str, float]:
        self._late, self._last = [], time.perf_counter()
        timer = QTimer(self._shell.window)
        timer.setTimerType(Qt.TimerType.PreciseTimer)
        timer.setInterval(self._interval)
        timer.timeout.connect(self._tick)
        timer.start()
        await asyncio.sleep(seconds)
        timer.stop()
        late = np.array(self._late)
        return {"p50": float(np.percentile(late, 50)), "p99": float(np.percentile(late, 99)), "max": float(late.max())}

    def _tick(self) -> None:
        now = time.perf_counter()
        self._late.append(max(0.0, (now - self._last) * 1000 - self._interval))
        self._last = now
        if self._shell.office:
            self._shell.office.place.stage.run.loss.update()  # what a person looks at is painted anew, as when it moves


async def scenes(shell: Shell, seconds: float, interval_ms: int) -> dict[str, dict[str, float]]:
    """Lateness at rest, with the training in a worker, and with it in a thread."""
    while shell.office is None or not shell.awaiting.idle:
        await asyncio.sleep(0.05)
    office, lateness = shell.office, Lateness(shell, interval_ms)
    office.place.stage.show_page(office.place.stage.run)
    await asyncio.sleep(1.0)
    found = {"idle": await lateness.measure(seconds)}
    job = office.session.ws.pool.submit("window_lateness:train", {}, title="Training")
    office.session.do(_follow(shell, job))
    await asyncio.sleep(2.0)
    found["training"] = await lateness.measure(seconds)
    job.stop()
    await asyncio.sleep(1.0)
    going = [True]
    on_all_cores(lambda: going[0])
    found["thread"] = await lateness.measure(seconds)
    going[0] = False
    return found


async def _follow(shell: Shell, job: Job) -> None:
    """Stand by the job as the window does, drawing what it says."""
    assert shell.office is not None
    page, story = shell.office.place.stage.run, RunStory()

    def tell(event: Json) -> None:
        story.take(event)
        page.loss.show_lines([Line("train", story.points("loss/train"), "before")], 100)
        page.log.setPlainText("\n".join(reversed(story.log)))

    await shell.office.session.follow(job, "Training", lambda thread: thread.reported.connect(tell))


def main(seconds: float, interval_ms: int) -> None:
    folder = Path(tempfile.mkdtemp())
    Vault.create(folder / "vault", PASSPHRASE, kdf=Kdf.weakest()).close()
    app = QApplication([])
    app.setQuitOnLastWindowClosed(False)

    def make(vault: Path, passphrase: str, create: bool, user: str) -> Workstation:
        return Workstation.open(vault, passphrase, create, user)

    with qasync.QEventLoop(app) as loop:
        shell = Shell(app, loop, folder / "vault", make, folder / "config", lambda: (True, 0))
        shell.open(PASSPHRASE)
        found: dict[str, dict[str, float]] = {}

        async def script() -> None:
            found.update(await scenes(shell, seconds, interval_ms))

        loop.run_until_complete(script())
        shell.window.leave()
        loop.run_until_complete(shell.awaiting.settle())
    print(json.dumps(found))


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]))
