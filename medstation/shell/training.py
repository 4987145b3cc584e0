"""Fine-tuning from the window: a thread per run, which stands by its worker process."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from medstation.actions import finetuning, series
from medstation.api import Json
from medstation.shell.run_story import RunStory
from medstation.shell.session import Session
from medstation.shell.training_plan import Plan
from medstation.shell.worker import JobThread

if TYPE_CHECKING:
    from medstation.jobs import Job
    from medstation.library import Run


FOLDS = 5
"""Of a cross-validation that is started in the window."""


class Training(QObject):
    """Starts, follows and stops runs. Signal: `started(run_id)`, when a run has its place in the library."""

    started = Signal(str)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session

    async def begin(self, plan: Plan) -> None:
        """A new run of the task that is shown."""
        session = self._session
        task = session.shown.task.id if session.shown.task else ""

        def start() -> tuple[Run, Job]:
            given = (plan.base, dict(plan.settings), plan.name, plan.seed)
            if plan.series:
                return series.start(session.ws, task, plan.recipe, plan.dataset, plan.series, FOLDS, *given)
            return finetuning.start(session.ws, task, plan.recipe, plan.dataset, *given)

        await self._follow(start, fresh=True)

    async def resume(self, run_id: str) -> None:
        """Go on from the last checkpoint."""
        await self._follow(lambda: series.resume(self._session.ws, run_id), fresh=False)

    def stop(self, run_id: str) -> None:
        """End at the next step, measure, and keep the best."""
        if job := self._session.running.get(run_id):
            job.stop()
        else:
            self._session.do(self._ask_other_program(run_id))
        self._session.said.emit(self.tr("The run ends at its next step and keeps the best model so far"))

    async def _ask_other_program(self, run_id: str) -> None:
        library = self._session.ws.library
        await self._session.awaiting.off_thread(lambda: library.request_stop(run_id))

    async def _follow(self, start: Callable[[], tuple[Run, Job]], fresh: bool) -> None:
        session = self._session
        run, job = await session.awaiting.off_thread(start)
        story = RunStory() if fresh else await session.story(run.id)
        session.running[run.id], session.stories[run.id] = job, story

        def tell(event: Json) -> None:
            if event.get("event") == "started":
                session.do(session.refresh_catalogue())  # it waits no longer
            story.take(event)
            session.run_told.emit(run.id)

        def listen(thread: JobThread) -> None:
            thread.reported.connect(tell)

        await session.refresh_catalogue()
        self.started.emit(run.id)
        try:
            await session.follow(job, self.tr("Fine-tune {0}").format(run.name), listen)
            session.said.emit(self.tr("Fine-tuning of {0} is done").format(run.name))
        finally:
            del session.running[run.id]
            await session.refresh_catalogue()
            session.run_told.emit(run.id)
