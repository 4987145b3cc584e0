"""The real window through a real hour: fine-tuning on all cores, then a prediction in a warm worker. Prints JSON."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import qasync
from PySide6.QtWidgets import QApplication
from window_lateness import Lateness

from medstation.actions import demo
from medstation.actions.workstation import Workstation
from medstation.jobs import Job
from medstation.shell.inspector import FINETUNE, INFER
from medstation.shell.office import Office
from medstation.shell.run import Shell
from medstation.shell.training_plan import Plan
from medstation.widgets.collecting import Collector

TASK = "imaging.series"
PATIENCE = 900.0


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not true():
            await asyncio.sleep(0.02)


class Hearing:
    """When a job's first word came back from its worker."""

    def __init__(self) -> None:
        self.first: dict[str, float] = {}
        tell = Job.tell

        def heard(job: Job, message: object) -> None:
            self.first.setdefault(job.title, time.perf_counter())
            tell(job, message)  # type: ignore[arg-type]

        Job.tell = heard  # type: ignore[method-assign]


async def circle(shell: Shell, seconds: float, interval_ms: int) -> dict[str, float]:
    await until(lambda: shell.office is not None and bool(shell.office.session.shown.items))
    assert shell.office is not None
    office = shell.office
    spec = office.session.ws.registry.task(TASK)
    assert spec.demo is not None
    await _open(office, 0)
    office.place.inspector.show_tab(FINETUNE)
    dataset = f"demo-{spec.demo.recipe}"
    office.session.do(
        office.training.begin(Plan(spec.demo.recipe, dataset, "", dict(spec.demo.settings), "lung-nodule", 7))
    )
    await until(lambda: any(story.points("loss/train") for story in office.session.stories.values()))
    late = await Lateness(shell, interval_ms).measure(seconds)
    still = bool(office.session.running)
    await until(lambda: not office.session.running and shell.awaiting.idle)
    await until(lambda: office.session.ws.pool.wait_until_warm(0.0))
    hearing, answers = Hearing(), []
    for number in (0, 1):
        answers.append(await _predict(shell, office, hearing, number))
    return {
        "p99": late["p99"],
        "max": late["max"],
        "trained": float(still),
        "first_word": answers[0][0],
        "first_result": answers[0][1],
        "second_result": answers[1][1],
    }


async def _open(office: Office, number: int) -> None:
    library = office.session.ws.library
    record = library.records(task=TASK)[number]
    item = next(item for item in office.session.shown.items if item.record.id == record.id)
    office.place.library.record_chosen.emit(item.key)
    await until(lambda: getattr(office.place.stage.view, "board", None) is not None)
    await asyncio.sleep(1.0)


async def _predict(shell: Shell, office: Office, hearing: Hearing, number: int) -> tuple[float, float]:
    """Seconds from the click to the worker's first word, and to the findings in the window."""
    await _open(office, number)
    await until(lambda: office.session.ws.pool.wait_until_warm(0.0) and shell.awaiting.idle)
    office.place.inspector.show_tab(INFER)
    await asyncio.sleep(0.5)
    known = len(office.session.shown.predictions)
    hearing.first.clear()
    begun = time.perf_counter()
    office.place.inspector.infer.run.click()
    await until(lambda: len(office.session.shown.predictions) > known)
    ended = time.perf_counter()
    return min(hearing.first.values()) - begun, ended - begun


def main(seconds: float, interval_ms: int) -> None:
    folder = Path(tempfile.mkdtemp())
    ws = Workstation.open(folder / "vault", demo.PASSPHRASE, create=True)
    demo.prepare(ws, folder, lambda line: None)
    ws.close()
    app = QApplication([])
    app.setQuitOnLastWindowClosed(False)
    Collector(app)
    with qasync.QEventLoop(app) as loop:
        shell = Shell(app, loop, folder / "vault", Workstation.open, folder / "config", lambda: (True, 0))
        shell.open(demo.PASSPHRASE)
        found = loop.run_until_complete(circle(shell, seconds, interval_ms))
        shell.window.leave()
        loop.run_until_complete(shell.awaiting.settle())
    print(json.dumps(found))


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]))
