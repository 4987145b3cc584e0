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
from PIL import Image
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QApplication

from medstation.actions import demo, importing
from medstation.actions.workstation import Workstation
from medstation.paths import resources
from medstation.shell.inspector import FINETUNE, INFER, RECORD
from medstation.shell.office import Office
from medstation.shell.run import Shell
from medstation.shell.training_plan import Plan
from medstation.widgets.collecting import Collector
from medstation.widgets.rows import rows_in

IMAGING, NOTES, SIGNALS = "imaging.series", "notes.documents", "signals.recordings"
COLOURS = 256
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
    """A reader's hour, in minutes: one task after the other."""

    def __init__(self, shell: Shell, folder: Path) -> None:
        self.shell = shell
        self.folder = folder

    @property
    def office(self) -> Office:
        assert self.shell.office is not None
        return self.shell.office

    def keep(self, name: str) -> None:
        """The window as it is, in few colours so that the file stays small."""
        QApplication.processEvents()
        file = self.folder / f"{name}.png"
        self.shell.window.grab().save(str(file))
        Image.open(file).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)
        say(file.name)

    async def all(self) -> None:
        await until(lambda: self.shell.office is not None and bool(self.office.session.shown.items))
        await self.imaging()
        await self.notes()
        await self.signals()
        self.shell.leave()

    async def imaging(self) -> None:
        await self.open(IMAGING, "DEMO-0000")
        self.keep("reading")
        await self.train(IMAGING, "lung-nodule", "finetune")
        self.keep("proof")
        await self.predict(IMAGING)
        self.keep("result")

    async def notes(self) -> None:
        await self.open(NOTES, "")
        self.keep("notes-reading")
        await self.train(NOTES, "entities", "")
        await self.predict(NOTES)
        self.keep("notes-result")

    async def signals(self) -> None:
        await self.open(SIGNALS, "DEMO-E01")
        self.keep("signals-ecg")
        await self.train(SIGNALS, "glucose", "")
        self.keep("signals-proof")
        await self.predict(SIGNALS)
        self.keep("signals-forecast")

    async def open(self, task: str, patient: str) -> None:
        """Open the first record of a patient ("": any) and wait until it is painted."""
        session = self.office.session
        if session.shown.task is None or session.shown.task.id != task:
            self.office.place.rail.task_chosen.emit(task)
            await until(lambda: session.shown.task is not None and session.shown.task.id == task)
            await until(lambda: self.shell.awaiting.idle and bool(session.shown.items))
        shown = session.shown
        item = next(item for item in shown.items if patient in ("", item.record.person.key))
        self.office.place.inspector.show_tab(RECORD)
        self.office.place.library.record_chosen.emit(item.key)
        await until(lambda: session.shown.item is not None and session.shown.item.key == item.key)
        await asyncio.sleep(1.0)
        await until(lambda: self.shell.awaiting.idle and self.office.place.stage.view is not None)
        await asyncio.sleep(2.0)

    async def train(self, task: str, name: str, picture: str) -> None:
        """Fine-tune as in the demo; `picture` is taken on the way, the run page stays."""
        session, place = self.office.session, self.office.place
        place.inspector.show_tab(FINETUNE)
        spec = session.ws.registry.task(task)
        assert spec.demo is not None
        dataset = f"demo-{spec.demo.recipe}"
        known = len(session.ws.library.models())
        session.do(self.office.training.begin(Plan(spec.demo.recipe, dataset, "", dict(spec.demo.settings), name, 7)))
        if picture:
            await until(lambda: any(len(story.points("loss/validation")) >= 5 for story in session.stories.values()))
            self.keep(picture)
        await until(lambda: len(session.ws.library.models()) > known)
        await until(lambda: not session.running and self.shell.awaiting.idle)
        await asyncio.sleep(1.0)

    async def predict(self, task: str) -> None:
        """Run the new model on a test case and go to its first finding."""
        session, place = self.office.session, self.office.place
        dataset = session.ws.library.datasets(task)[0]
        record = session.ws.library.record(next(item.record_id for item in dataset.items if item.part == "test"))
        await self.open(task, record.person.key)
        place.inspector.show_tab(INFER)
        place.inspector.infer.run.click()
        await until(lambda: bool(session.shown.predictions) and self.shell.awaiting.idle)
        next(rows_in(place.inspector.infer.findings.rows)).click()
        await asyncio.sleep(2.0)


def prepare(folder: Path) -> None:
    """The demo's vault, and one larger study to look at."""
    from medstation_samples import chest

    ws = Workstation.open(folder / "vault", demo.PASSPHRASE, create=True)
    try:
        demo.prepare(ws, folder, say)
        made = chest.showcase(folder / "showcase")
        demo.wait(importing.start(ws, [Path(path) for path in made["import"]], IMAGING))
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
