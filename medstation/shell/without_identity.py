"""Giving a record's files away without identity: a look at its pictures first, then the copies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from medstation.actions import deidentifying
from medstation.api import BadInput, Json
from medstation.shell.session import Session
from medstation.shell.text_dialog import TextDialog
from medstation.shell.text_sheet import TextSheet

if TYPE_CHECKING:
    from medstation.jobs import Job


class WithoutIdentity(QObject):
    """`begin` asks for a confirmation where pictures may hold text; `write` makes the copies."""

    def __init__(self, session: Session, place: QWidget) -> None:
        super().__init__(place)
        self._session = session
        self._place = place

    async def begin(self, record_id: str, out: Path, reason: str = "") -> None:
        """To the folder `out`; pictures that may hold text are shown to the person before anything is written."""
        session = self._session
        done = await session.job(lambda: deidentifying.start_look(session.ws, [record_id]), self.tr("Look for text"))
        sheet = TextSheet(done.result["files"], done.arrays)
        if not sheet.pages:
            await self.write(record_id, out, sheet, reason)
            return
        dialog = TextDialog(sheet, self._place)
        dialog.confirmed.connect(lambda: session.do(self.write(record_id, out, sheet, reason)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    async def write(self, record_id: str, out: Path, sheet: TextSheet, reason: str = "") -> None:
        """The copies; what the sheet's boxes cover is blanked, and what cannot be made safe is told."""
        session = self._session
        options = {"confirm_pixels": sheet.confirmed(session.ws.library.user)} if sheet.pages else {}

        def start() -> Job:
            return deidentifying.start_records(session.ws, [record_id], out, options, reason)

        result = (await session.job(start, self.tr("Export without identity"))).result
        session.said.emit(self.tr("{0} files written to {1}").format(result["written"], result["out"]))
        if refusals := result["refusals"]:
            session.failed.emit(self._told(refusals))

    def _told(self, refusals: list[Json]) -> BadInput:
        first = refusals[0]
        text = self.tr("{0} files cannot be made safe and were not written; the first: {1}")
        return BadInput(text.format(len(refusals), first["reason"]), first["hint"])
