"""The thread that stands by a job: it waits for the worker process, so that the window never does."""

from __future__ import annotations

from PySide6.QtCore import QObject, QThread, Signal

from medstation.jobs import Done, Failed, Job, Progressed, Reported


class JobThread(QThread):
    """Supervises one job. Its signals arrive in the window's thread.

    Signals: `progressed(done, text)`, `reported(event)`, and once, at the end, `finished_ok(Done)` or `failed(error)`.
    """

    progressed = Signal(float, str)
    reported = Signal(dict)
    finished_ok = Signal(object)
    failed = Signal(object)

    def __init__(self, job: Job, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.job = job

    def run(self) -> None:
        try:
            for message in self.job.messages():
                self._pass_on(message)
        except Exception as error:  # whatever breaks here must reach the person who waits for the job
            self.failed.emit(error)

    def _pass_on(self, message: object) -> None:
        match message:
            case Progressed():
                self.progressed.emit(message.done, message.text)
            case Reported():
                self.reported.emit(message.event)
            case Done():
                self.finished_ok.emit(message)
            case Failed():
                if message.traceback:
                    message.error.add_note(message.traceback)
                self.failed.emit(message.error)
