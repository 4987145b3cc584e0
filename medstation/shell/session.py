"""What the window knows and shows at the moment. Widgets draw it; verbs change it; tests drive it without a window."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from medstation.api import Json, Label, MedStationError, ModelInfo, NotFound, Stopped, TaskSpec
from medstation.shell.awaiting import Awaiting
from medstation.shell.items import Item, items_of
from medstation.shell.job_board import JobBoard
from medstation.shell.memory import Memory
from medstation.shell.run_story import RunStory
from medstation.shell.worker import JobThread

if TYPE_CHECKING:
    from medstation.actions.workstation import Workstation
    from medstation.jobs import Done, Job
    from medstation.library import DataSet, Prediction, Run


PAGE = 500
"""Records that the list takes at once: more are slow to draw and nobody reads them; the filter finds the others."""


@dataclass
class Shown:
    """The values that are on the screen. `runs`, `models` and `datasets` are those of the task, newest first.

    At most `listed` records are read for the list; `more` says that there are others.
    """

    task: TaskSpec | None = None
    query: str = ""
    listed: int = PAGE
    more: bool = False
    items: list[Item] = field(default_factory=list)
    item: Item | None = None
    labels: list[Label] = field(default_factory=list)
    predictions: list[Prediction] = field(default_factory=list)
    models: list[ModelInfo] = field(default_factory=list)
    datasets: list[DataSet] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    layers: set[str] = field(default_factory=set)
    correcting: str = ""


class Session(QObject):
    """One unlocked vault in one window.

    Signals: `task_changed`, `items_changed`, `item_opened`, `item_read` (with its labels), `labels_changed`,
    `predictions_changed`, `catalogue_changed` (runs, models, data sets), `run_told(run_id)`, `jobs_changed`,
    `said(text)`, `failed(error)`.
    """

    task_changed = Signal()
    items_changed = Signal()
    item_opened = Signal()
    item_read = Signal()
    labels_changed = Signal()
    predictions_changed = Signal()
    catalogue_changed = Signal()
    run_told = Signal(str)
    jobs_changed = Signal()
    said = Signal(str)
    failed = Signal(object)

    def __init__(self, ws: Workstation, awaiting: Awaiting, memory: Memory) -> None:
        super().__init__()
        self.ws = ws
        self.awaiting = awaiting
        self.memory = memory
        self.shown = Shown()
        self.board = JobBoard()
        self.stories: dict[str, RunStory] = {}
        self.running: dict[str, Job] = {}
        self.opened: list[Item] = []
        self._job_keys = itertools.count(1)

    def do(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Start something from a slot; what it raises is told."""
        self.awaiting.start(coroutine)

    def on_error(self, error: BaseException) -> None:
        if isinstance(error, Stopped):
            self.said.emit(error.message)
        else:
            self.failed.emit(error)

    async def choose_task(self, task_id: str) -> None:
        """Another task: its records, runs, models and data sets."""
        if self.shown.task and self.shown.task.id == task_id:
            return
        self.shown.task = self.ws.registry.task(task_id)
        self.shown.listed = PAGE
        self.memory.task = task_id
        self.close_item()
        self.task_changed.emit()
        await self.refresh_items()
        await self.refresh_catalogue()

    async def filter(self, query: str) -> None:
        """Only records that `query` finds."""
        if query != self.shown.query:
            self.shown.query, self.shown.listed = query, PAGE
            await self.refresh_items()

    async def list_more(self) -> None:
        """A page more in the list."""
        self.shown.listed += PAGE
        await self.refresh_items()

    async def refresh_items(self) -> None:
        """Read the list of records anew."""
        if (task := self.shown.task) is None:
            return
        query, listed, library = self.shown.query, self.shown.listed, self.ws.library
        others = {spec.id: spec.title for spec in self.ws.registry.tasks.values() if spec.id != task.id}

        def read() -> tuple[list[Item], bool]:
            if self.shown.query != query:
                return [], False  # another word was typed meanwhile
            found = library.records(task=task.id, query=query, limit=listed + 1)
            records = found[:listed]
            records += [record for record in library.records_beside(task.id, records) if record.task in others]
            return items_of(records, library.counts([record.id for record in records]), others), len(found) > listed

        items, more = await self.awaiting.off_thread(read)
        if (self.shown.task, self.shown.query, self.shown.listed) == (task, query, listed):
            self.shown.more = more
            opened = [item for item in self.opened if item.record.task == task.id]
            self.shown.items = opened + items
            self.items_changed.emit()

    async def refresh_catalogue(self) -> None:
        """Read runs, models and data sets of the task anew."""
        if (task := self.shown.task) is None:
            return
        library = self.ws.library
        found = await self.awaiting.off_thread(
            lambda: (library.models(task=task.id), library.datasets(task=task.id), library.runs(task=task.id))
        )
        if self.shown.task == task:
            self.shown.models, self.shown.datasets, self.shown.runs = (newest_first(values) for values in found)
            self.catalogue_changed.emit()

    def item(self, key: str) -> Item | None:
        return next((item for item in self.shown.items if item.key == key), None)

    async def open_item(self, key: str) -> None:
        """Show a record, of those listed or any other of the library."""
        item = self.item(key) or await self.awaiting.off_thread(lambda: self._unlisted(key))
        if item is not None and item.elsewhere:
            await self.choose_task(item.record.task)
            item = self.item(key) or replace(item, elsewhere="")  # not listed there where the filter found another word
        if item is None or item == self.shown.item:
            return
        self.shown.item, self.shown.layers, self.shown.correcting = item, set(), ""
        self.shown.labels, self.shown.predictions = [], []
        self.memory.record = item.record.id
        self.item_opened.emit()
        await self.refresh_item()
        if self.shown.item is item:
            self.item_read.emit()
        if item.imported:  # last: what the person waits for is on the screen
            await self.awaiting.off_thread(lambda: self.ws.library.note_view(item.record.id))

    def _unlisted(self, key: str) -> Item | None:
        """A record of the shown task that is not in the list, because that is long or filtered."""
        try:
            record = self.ws.library.record(key)
        except NotFound:
            return None
        task = self.shown.task
        listed = task is None or record.task == task.id
        return items_of([record], self.ws.library.counts([record.id]))[0] if listed else None

    def close_item(self) -> None:
        """Show no record."""
        self.shown.item, self.shown.labels, self.shown.predictions, self.shown.layers = None, [], [], set()
        self.item_opened.emit()

    async def refresh_item(self) -> None:
        """Read labels and predictions of the record anew."""
        item, library = self.shown.item, self.ws.library
        if item is None:
            return
        labels: Sequence[Label] = ()
        predictions: Sequence[Prediction] = ()
        if item.imported:
            labels, predictions = await self.awaiting.off_thread(
                lambda: (library.labels(item.record.id), library.predictions(item.record.id))
            )
        if self.shown.item is item:
            self.shown.labels, self.shown.predictions = list(labels), newest_first(predictions)
            self.labels_changed.emit()
            self.predictions_changed.emit()

    async def job(
        self, start: Callable[[], Job], title: str, listen: Callable[[JobThread], None] | None = None
    ) -> Done:
        """Start a job off the window's thread, show it in the status line while it lasts, and give its result."""
        return await self.follow(await self.awaiting.off_thread(start), title, listen)

    async def follow(self, job: Job, title: str, listen: Callable[[JobThread], None] | None = None) -> Done:
        """Show a job that was started in the status line while it lasts, and give its result."""
        key = f"job-{next(self._job_keys)}"

        def connect(thread: JobThread) -> None:
            thread.progressed.connect(lambda done, text: self._on_progress(key, done, text))
            if listen:
                listen(thread)

        self.board.begin(key, title, job.cancel)
        self.jobs_changed.emit()
        try:
            return await self.awaiting.result_of(job, connect)
        finally:
            self.board.end(key)
            self.jobs_changed.emit()

    def _on_progress(self, key: str, done: float, text: str) -> None:
        self.board.progress(key, done, text)
        self.jobs_changed.emit()

    async def story(self, run_id: str) -> RunStory:
        """What a run has told; read from the library where this window did not hear it itself."""
        if run_id not in self.running:
            events: list[Json] = await self.awaiting.off_thread(lambda: self.ws.library.run_events(run_id))
            self.stories[run_id] = RunStory.of(events)
        return self.stories.setdefault(run_id, RunStory())

    def close(self) -> None:
        """End the jobs, then everything that holds the key. The workers first: who waits for a job need not ask it to
        stop, and locking takes no longer than their end."""
        self.ws.pool.close()
        self.awaiting.close()
        self.ws.close()


def newest_first(values: Sequence[Any]) -> list[Any]:
    """Things with ids like "run-12", the highest number first."""
    return sorted(
        values, key=lambda value: int(value.id.rpartition("-")[2]) if hasattr(value, "id") else 0, reverse=True
    )


def is_bug(error: BaseException) -> bool:
    """Whether an error is a fault of the program rather than of the input, the user or the machine."""
    return not isinstance(error, MedStationError) or error.code == "bug"
