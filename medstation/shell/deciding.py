"""Proposing, approving, retiring and rolling back in the window; a model's report, and how it fares in use."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from medstation.actions import approving, drift, reporting
from medstation.api import Json
from medstation.shell.asking import Asking
from medstation.shell.session import Session
from medstation.shell.wording import model_title
from medstation.shell.workplace import Workplace

if TYPE_CHECKING:
    from medstation.api import ModelInfo


class Deciding(QObject):
    """Works for the review tab and the model page."""

    def __init__(self, session: Session, asking: Asking, place: Workplace) -> None:
        super().__init__(place)
        self._session, self._asking, self._place = session, asking, place
        review, page = place.inspector.review, place.stage.model
        review.decision_asked.connect(lambda model, act, reason: session.do(self.decide(model, act, reason)))
        page.report_asked.connect(self.ask_for_report)
        page.model_shown.connect(lambda model: session.do(self._show_drift(model)))
        session.catalogue_changed.connect(lambda: session.do(self._nudge()))

    async def decide(self, model_id: str, act: str, reason: str) -> None:
        """`act` is "check", "propose", "approve", "retire" or "rollback"."""
        session, library = self._session, self._session.ws.library
        if act == "approve":
            await session.awaiting.off_thread(lambda: library.check_approver(model_id, reason))
        judged = await self._judged(model_id) if act in ("check", "propose", "approve") else {}
        if act == "propose":
            await session.awaiting.off_thread(lambda: library.propose_model(model_id, reason, judged))
        elif act == "approve":
            await session.awaiting.off_thread(lambda: library.approve_model(model_id, reason, judged))
        elif act == "retire":
            await session.awaiting.off_thread(lambda: library.retire_model(model_id, reason))
        elif act == "rollback":
            name = self._model(model_id).name
            back = await session.awaiting.off_thread(lambda: library.roll_back(name, reason))
            session.said.emit(self.tr("{0} is in use again").format(model_title(back)))
        if act != "check":
            self._place.inspector.review.reason.clear()
        await session.refresh_catalogue()

    async def _judged(self, model_id: str) -> Json:
        session, title = self._session, model_title(self._model(model_id))
        done = await session.job(
            lambda: approving.start_judging(session.ws, model_id), self.tr("Check {0}").format(title)
        )
        return done.result

    def ask_for_report(self, model_id: str) -> None:
        """Where to write it."""
        name = f"{self._model(model_id).name}-v{self._model(model_id).version}.pdf"

        def write(reason: str, out: Path) -> None:
            self._session.do(self._report(model_id, out, reason))

        self._asking.save_with_reason(self.tr("Write the report (.pdf or .html)"), name, write)

    async def _report(self, model_id: str, out: Path, reason: str) -> None:
        session = self._session
        done = await session.job(lambda: reporting.start(session.ws, model_id, out, reason), self.tr("Report"))
        session.said.emit(self.tr("Written to {0}").format(", ".join(done.result["files"])))

    async def _show_drift(self, model_id: str) -> None:
        page, library = self._place.stage.model, self._session.ws.library
        found = await self._session.awaiting.off_thread(lambda: drift.watched(library, library.model(model_id)))
        if page.model_id == model_id:
            page.drift.show_drift(found.to_json())

    async def _nudge(self) -> None:
        """Say in the fine-tune tab when enough corrected cases wait."""
        task, library = self._session.shown.task, self._session.ws.library
        if task is None:
            return
        name, count = await self._session.awaiting.off_thread(lambda: drift.waiting(library, task.id))
        self._place.inspector.finetune.show_waiting(name, count)

    def _model(self, model_id: str) -> ModelInfo:
        return next(model for model in self._session.shown.models if model.id == model_id)
