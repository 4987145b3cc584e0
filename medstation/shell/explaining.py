"""Looking into models from the window: why one said something, and smaller ones made of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject

from medstation.actions import compressing, explaining
from medstation.api import NotFound, Unavailable
from medstation.shell.asking import Asking
from medstation.shell.session import Session
from medstation.shell.why_dialog import WhyDialog
from medstation.shell.workplace import Workplace

ONNX = "onnx"


class Explaining(QObject):
    """`open_model` shows a model, by its id."""

    def __init__(self, session: Session, asking: Asking, place: Workplace, open_model: Callable[[str], None]) -> None:
        super().__init__(place)
        self._session, self._asking, self._place, self._open_model = session, asking, place, open_model

    async def why(self, prediction_id: str, method: str) -> None:
        """The picture of what spoke for a prediction, with its check."""
        session = self._session
        prediction = next((one for one in session.shown.predictions if one.id == prediction_id), None)
        if prediction is None:
            raise NotFound(self.tr("{0} is no longer shown").format(prediction_id), self.tr("Open its record again."))
        done = await session.job(
            lambda: explaining.start(session.ws, prediction.model, prediction.record, method), self.tr("Why")
        )
        if "png" not in done.arrays:
            raise Unavailable(self.tr("the task draws no explanations"), self.tr("Use the command line."))
        png = done.arrays["png"].tobytes()
        dialog = WhyDialog(done.result, png, self._place)
        dialog.save_asked.connect(lambda: self._asking.save_picture(prediction.record, png))
        self._asking.open(dialog)

    def smaller(self, model_id: str, method: str) -> None:
        """A smaller model of one, or a file for other programs."""
        if method == ONNX:
            self._asking.save_onnx(model_id, lambda out, reason: self._session.do(self._onnx(model_id, out, reason)))
        else:
            self._session.do(self._smaller(model_id, method))

    async def _smaller(self, model_id: str, method: str) -> None:
        session = self._session
        done = await session.job(lambda: compressing.start(session.ws, model_id, method), self.tr("Smaller model"))
        await session.refresh_catalogue()
        session.said.emit(compressing.sentence(done.result))
        self._open_model(done.result["id"])

    async def _onnx(self, model_id: str, out: Path, reason: str) -> None:
        session = self._session
        done = await session.job(
            lambda: compressing.start_onnx(session.ws, model_id, out, reason=reason), self.tr("Write ONNX")
        )
        session.said.emit(self.tr("Written to {0}").format(", ".join(done.result["files"])))
