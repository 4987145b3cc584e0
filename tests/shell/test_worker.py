"""A thread stands by a job, the window awaits it, and nothing is left over."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QThread
from pytestqt.qtbot import QtBot

from medstation.api import BadInput, MedStationError
from medstation.jobs import Done, Failed, Message, Progressed, Reported
from medstation.shell.awaiting import Awaiting
from medstation.shell.worker import JobThread

pytestmark = pytest.mark.gui


class ScriptedJob:
    """Says what it was given."""

    def __init__(self, *messages: Message) -> None:
        self._messages = messages
        self.cancelled = False
        self.thread: QThread | None = None

    def messages(self) -> Iterator[Message]:
        self.thread = QThread.currentThread()
        yield from self._messages

    def cancel(self) -> None:
        self.cancelled = True


def test_messages_arrive_as_signals_in_order(qtbot: QtBot) -> None:
    done = Done({"answer": 42}, {"volume": np.zeros((2, 3))})
    job = ScriptedJob(Progressed(0.5, "half"), Reported({"event": "metric"}), done)
    thread = JobThread(job)
    heard: list[object] = []
    places: set[QThread] = set()
    thread.progressed.connect(lambda *said: heard.append(said))
    thread.progressed.connect(lambda *_: places.add(QThread.currentThread()))
    thread.reported.connect(heard.append)
    thread.finished_ok.connect(heard.append)
    thread.start()
    qtbot.waitUntil(lambda: len(heard) == 3 and thread.isFinished(), timeout=5000)
    assert heard == [(0.5, "half"), {"event": "metric"}, done]
    assert job.thread is thread and places == {QThread.currentThread()}


def test_a_failure_brings_its_traceback(qtbot: QtBot) -> None:
    thread = JobThread(ScriptedJob(Failed(BadInput("a.dcm is broken", "Copy it again."), "line 7")))
    errors: list[BaseException] = []
    thread.failed.connect(errors.append)
    thread.start()
    qtbot.waitUntil(lambda: len(errors) == 1 and thread.isFinished(), timeout=5000)
    (error,) = errors
    assert isinstance(error, BadInput) and error.hint == "Copy it again." and error.__notes__ == ["line 7"]


def test_results_and_errors_can_be_awaited(qtbot: QtBot, loop: asyncio.AbstractEventLoop) -> None:
    errors: list[BaseException] = []
    results: list[object] = []
    awaiting = Awaiting(loop, errors.append)

    async def work() -> None:
        results.append((await awaiting.result_of(ScriptedJob(Done({"n": 1})))).result)
        results.append(await awaiting.off_thread(lambda: QThread.currentThread() is not qtbot))
        await awaiting.result_of(ScriptedJob(Failed(MedStationError("no"))))

    awaiting.start(work())
    qtbot.waitUntil(lambda: awaiting.idle, timeout=5000)
    assert results == [{"n": 1}, True] and [str(error) for error in errors] == ["no"]
    awaiting.close()


def test_after_the_end_nothing_is_started(qtbot: QtBot, loop: asyncio.AbstractEventLoop) -> None:
    awaiting = Awaiting(loop, lambda error: pytest.fail(str(error)))
    awaiting.close()
    ran: list[int] = []

    async def work() -> None:
        ran.append(1)

    awaiting.start(work())
    qtbot.waitUntil(lambda: awaiting.idle)
    assert ran == []
