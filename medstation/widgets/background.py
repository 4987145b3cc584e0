"""Work that the window must not wait for, inside the window's process: one thread, results in the window's thread."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from PySide6.QtCore import QObject, QTimer

from medstation.api import MedStationError

POLL_MS = 15
Result = TypeVar("Result")


class Background(QObject):
    """Runs functions on one thread that ends with `parent`. Only for code that lets go of the GIL or is short.

    The application needs a `medstation.widgets.collecting.Collector` then.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.executor = ThreadPoolExecutor(1, thread_name_prefix="view")
        self._waiting: list[tuple[Future[Any], Callable[[Any], None], Callable[[MedStationError], None] | None]] = []
        # Polled, so that nothing of Qt is touched from the other thread, whatever is being destroyed meanwhile.
        self._timer = QTimer(self, interval=POLL_MS)
        self._timer.timeout.connect(self.on_polled)
        self.destroyed.connect(partial(self.executor.shutdown, wait=False, cancel_futures=True))

    def run(
        self,
        work: Callable[[], Result],
        on_ready: Callable[[Result], None],
        on_failed: Callable[[MedStationError], None] | None = None,
    ) -> None:
        """Call `work()` on the thread, then `on_ready(result)` here; a `MedStationError` goes to `on_failed`."""
        self._waiting.append((self.executor.submit(work), on_ready, on_failed))
        self._timer.start()

    @property
    def busy(self) -> bool:
        return bool(self._waiting)

    def on_polled(self) -> None:
        done = [entry for entry in self._waiting if entry[0].done()]
        self._waiting = [entry for entry in self._waiting if entry not in done]
        if not self._waiting:
            self._timer.stop()
        for future, on_ready, on_failed in done:
            error = future.exception()
            if isinstance(error, MedStationError) and on_failed:
                on_failed(error)
            else:
                on_ready(future.result())
