"""Walks the main job in the real window and keeps its pictures: `python resources/setup/screenshots.py [FOLDER]`.

Needs a screen or `QT_QPA_PLATFORM=offscreen`. The pictures of resources/help/images are made by it, on samples made by
code in a throw-away vault; nothing in them is staged.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import qasync
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QApplication

from medstation.actions import demo, importing
from medstation.actions.workstation import Workstation
from medstation.paths import resources
from medstation.shell.inspector import FINETUNE, INFER
from medstation.shell.office import Office
from medstation.shell.run import Shell
from medstation.shell.training_plan import Plan
from medstation.widgets.collecting import Collector
from medstation.widgets.rows import rows_in

TASK = "imaging.series"
SIZE = QSize(1440, 880)
PATIENCE = 900.0


def say(line: str) -> None:
    sys.stderr.write(line + "\n")


async def until(true: Callable[[], bool]) -> None:
    """Wait for something to become so."""
    async with asyncio.timeout(PATIENCE):
        while not true():
            await asyncio.sleep(0.2)


class Walk:
    """A reader's hour, in minutes."""

    def __init__(self, shell: Shell, folder: Path) -> None:
        self.shell = shell
        self.folder = folder

    @property
    def office(self) -> Office:
        assert self.shell.office is not None
        return self.shell.office

    def keep(self, name: str) -> None:
        QApplication.processEvents()
        self.shell.window.grab().save(str(self.folder / f"{name}.png"))
        say(f"{name}.png")

    async def all(self) -> None:
        await until(lambda: self.shell.office is not None and bool(self.office.session.shown.items))
        await self.open("DEMO-0000")
        self.keep("reading")
        await self.train()
        await self.predict()
        self.shell.leave()

    async def open(self, patient: str) -> None:
        """Open a patient's record and wait until its images are painted."""
        shown = self.office.session.shown
        item = next(item for item in shown.items if item.record.person.key == patient)
        self.office.place.library.record_chosen.emit(item.key)
        view = self.office.place.stage
        await until(lambda: getattr(view.view, "board", None) is not None)
        await asyncio.sleep(2.0)

    async def train(self) -> None:
        session, place = self.office.session, self.office.place
        place.inspector.show_tab(FINETUNE)
        spec = session.ws.registry.task(TASK)
        assert spec.demo is not None
        name = f"demo-{spec.demo.recipe}"
        session.do(
            self.office.training.begin(Plan(spec.demo.recipe, name, "", dict(spec.demo.settings), "lung-nodule", 7))
        )
        await until(lambda: any(len(story.points("loss/validation")) >= 5 for story in session.stories.values()))
        self.keep("finetune")
        await until(lambda: not session.running and self.shell.awaiting.idle)
        self.keep("proof")

    async def predict(self) -> None:
        session, place = self.office.session, self.office.place
        dataset = session.ws.library.datasets(TASK)[0]
        record = session.ws.library.record(next(item.record_id for item in dataset.items if item.part == "test"))
        await self.open(record.person.key)
        place.inspector.show_tab(INFER)
        place.inspector.infer.run.click()
        await until(lambda: bool(session.shown.predictions) and self.shell.awaiting.idle)
        next(rows_in(place.inspector.infer.findings.rows)).click()
        await asyncio.sleep(2.0)
        self.keep("result")


def prepare(folder: Path) -> None:
    """The demo's vault, and one larger study to look at."""
    from medstation_samples import chest

    ws = Workstation.open(folder / "vault", demo.PASSPHRASE, create=True)
    try:
        demo.prepare(ws, folder, say)
        made = chest.showcase(folder / "showcase")
        demo.wait(importing.start(ws, [Path(path) for path in made["import"]], TASK))
    finally:
        ws.close()


def main(target: Path) -> int:
    target.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="medstation-screenshots-"))
    try:
        prepare(folder)
        app = QApplication(sys.argv[:1])
        app.setQuitOnLastWindowClosed(False)
        Collector(app)
        with qasync.QEventLoop(app) as loop:
            shell = Shell(app, loop, folder / "vault", Workstation.open, folder / "config", lambda: (True, 0))
            shell.window.resize(SIZE)
            shell.open(demo.PASSPHRASE)
            loop.run_until_complete(Walk(shell, target).all())
            loop.run_until_complete(shell.awaiting.settle())
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else resources() / "help" / "images"))
