"""Asks a model which records to label next, and keeps the answers while the window is open."""

from __future__ import annotations

from PySide6.QtCore import QObject

from medstation.actions import suggesting
from medstation.api import Json
from medstation.shell.session import Session
from medstation.shell.stage import Stage


class Suggesting(QObject):
    """Works for the stage's model page."""

    def __init__(self, session: Session, stage: Stage) -> None:
        super().__init__(stage)
        self._session, self._stage = session, stage
        self._found: dict[str, Json] = {}
        card = stage.model.suggestions
        card.asked.connect(lambda model: session.do(self.ask(model)))
        card.record_asked.connect(lambda record: session.do(self._open(record)))
        stage.model.model_shown.connect(lambda model: card.show_model(model, self._found.get(model)))

    async def ask(self, model_id: str) -> None:
        session, page = self._session, self._stage.model
        done = await session.job(lambda: suggesting.start(session.ws, model_id), self.tr("What to label next"))
        self._found[model_id] = done.result
        if page.model_id == model_id:
            page.suggestions.show_model(model_id, done.result)

    async def _open(self, record_id: str) -> None:
        await self._session.open_item(record_id)
        self._stage.show_record()
