"""A search for settings from the window: asks how long, stands by the job, and puts the best into the form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from medstation.actions import searching
from medstation.shell.search_dialog import SearchDialog
from medstation.shell.session import Session
from medstation.shell.tab_finetune import FinetuneTab
from medstation.shell.training_plan import Plan

if TYPE_CHECKING:
    from medstation.jobs import Job


class Searching(QObject):
    """Works for one tab."""

    def __init__(self, session: Session, tab: FinetuneTab) -> None:
        super().__init__(tab)
        self._session = session
        self._tab = tab

    def ask(self, plan: Plan) -> None:
        dialog = SearchDialog(self.tr("Settings for {0}").format(plan.dataset), self._tab.window())
        dialog.asked.connect(lambda trials, minutes: self._session.do(self.begin(plan, trials, minutes)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    async def begin(self, plan: Plan, trials: int, minutes: float) -> None:
        """Search beside all the rest, shown in the status line; the best settings go into the form at the end."""
        session, recipe = self._session, self._tab.recipe
        task = session.shown.task.id if session.shown.task else ""
        varied = {name.setting for name in searching.usual(recipe, ())} if recipe else set()
        fixed = {name: value for name, value in plan.settings.items() if name not in varied}

        def start() -> Job:
            _, job = searching.start(
                session.ws, task, plan.recipe, plan.dataset, plan.base, fixed, (), trials, minutes, plan.seed
            )
            return job

        done = await session.job(start, self.tr("Search settings"))
        best = done.result["best"]
        if best is None:
            session.said.emit(self.tr("The search ended before one trial was done: give it more time"))
            return
        if self._tab.recipe is recipe:
            self._tab.form.fill(best["settings"])
        told = self.tr("Best of {0} trials: {1} {2:.4f} on the validation patients; its settings stand in the form")
        session.said.emit(told.format(len(done.result["trials"]), done.result["metric"], best["value"]))
