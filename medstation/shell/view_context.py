"""What the shell lends to a task's data view, and takes back when the view closes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtCore import QCoreApplication

from medstation.actions import fetching
from medstation.api import Fetched, Json, LabelDraft, MedStationError, Record, Stopped
from medstation.api.errors import Bug
from medstation.shell.items import Item
from medstation.shell.session import Session
from medstation.shell.worker import JobThread

OnReady = Callable[[Fetched], None]
OnFailed = Callable[[MedStationError], None]
OnProgress = Callable[[float, str], None]


class RecordContext:
    """A `ViewContext` for one record. After `close`, no callback comes any more.

    `palette` is kept, not copied: it follows the theme.
    """

    def __init__(
        self, session: Session, item: Item, palette: Mapping[str, str], save: Callable[[LabelDraft], None]
    ) -> None:
        self._session = session
        self._item = item
        self._palette = palette
        self._save = save
        self._calls: list[_Fetch] = []
        self._closed = False

    @property
    def record(self) -> Record:
        return self._item.record

    @property
    def palette(self) -> Mapping[str, str]:
        return self._palette

    def fetch(
        self,
        ref: str,
        arguments: Json,
        on_ready: OnReady,
        on_failed: OnFailed,
        on_progress: OnProgress | None = None,
    ) -> Callable[[], None]:
        call = _Fetch(self._session, self._item, on_ready, on_failed, on_progress, lambda: self._closed)
        self._calls.append(call)
        self._session.do(call.run(ref, arguments))
        return call.cancel

    def say(self, text: str) -> None:
        self._session.said.emit(text)

    def save_label(self, draft: LabelDraft) -> None:
        self._save(draft)

    def close(self) -> None:
        """The view is gone: end what it asked for."""
        self._closed = True
        for call in self._calls:
            call.cancel()


class _Fetch:
    """One call of `fetch`."""

    def __init__(
        self,
        session: Session,
        item: Item,
        on_ready: OnReady,
        on_failed: OnFailed,
        on_progress: OnProgress | None,
        closed: Callable[[], bool],
    ) -> None:
        self._session = session
        self._item = item
        self._on_ready, self._on_failed, self._on_progress = on_ready, on_failed, on_progress
        self._closed = closed
        self._thread: JobThread | None = None
        self._cancelled = False

    def cancel(self) -> None:
        self._cancelled = True
        if self._thread:
            self._thread.job.cancel()

    async def run(self, ref: str, arguments: Json) -> None:
        item, session = self._item, self._session
        if self._cancelled:
            return
        try:
            done = await session.job(
                lambda: fetching.start(session.ws, ref, item.record, arguments, item.files),
                QCoreApplication.translate("view", "Open {0}").format(item.record.title),
                self._listen,
            )
        except Stopped:
            return
        except MedStationError as error:
            self._tell(partial(self._on_failed, error))
        except Exception as error:
            fault = Bug(f"{type(error).__name__}: {error}", "Report it together with what was opened.")
            self._tell(partial(self._on_failed, fault))
        else:
            self._tell(partial(self._on_ready, Fetched(done.arrays, done.result)))

    def _tell(self, call: Callable[[], None]) -> None:
        if not (self._cancelled or self._closed()):
            call()

    def _listen(self, thread: JobThread) -> None:
        self._thread = thread
        if self._cancelled:
            thread.job.cancel()
        if on_progress := self._on_progress:
            thread.progressed.connect(lambda done, text: self._tell(partial(on_progress, done, text)))
