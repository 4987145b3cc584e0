"""The one place where the window's code awaits: jobs, and short work that must not run in the window's thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from medstation.jobs import Done, Job
    from medstation.shell.worker import JobThread

T = TypeVar("T")


class Awaiting:
    """Runs coroutines for slots on `loop` (qasync's), and hands what they raise to `on_error`.

    Short work goes to one thread, in the order it was asked for: reading the library, checking a passphrase.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, on_error: Callable[[BaseException], None]) -> None:
        self._loop = loop
        self._on_error = on_error
        self._closed = False
        self._tasks: set[asyncio.Task[Any]] = set()
        self._threads: set[JobThread] = set()
        self._clerk = ThreadPoolExecutor(max_workers=1, thread_name_prefix="clerk")

    def start(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine from a slot."""
        if self._closed:
            coroutine.close()
            return
        task = self._loop.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._on_task_done)

    async def off_thread(self, work: Callable[[], T]) -> T:
        """`work()`, done in the clerk's thread."""
        return await asyncio.wrap_future(self._clerk.submit(work), loop=self._loop)

    async def result_of(self, job: Job, listen: Callable[[JobThread], None] | None = None) -> Done:
        """The job's result, when it is there; raises its error. `listen` may connect to the thread before it starts."""
        from medstation.shell.worker import JobThread  # the window opens before any job can be started

        thread, future = JobThread(job), self._loop.create_future()
        thread.finished_ok.connect(lambda done: None if future.done() else future.set_result(done))
        thread.failed.connect(lambda error: None if future.done() else future.set_exception(error))
        if listen:
            listen(thread)
        self._threads.add(thread)
        thread.finished.connect(lambda: self._threads.discard(thread))
        thread.start()
        done: Done = await future
        return done

    def close(self) -> None:
        """Give up what is awaited, end the jobs behind it, and wait for the threads."""
        for task in list(self._tasks):
            task.cancel()
        self._closed = True
        for thread in list(self._threads):
            thread.job.cancel()
        for thread in list(self._threads):
            thread.wait()
        self._threads.clear()
        self._clerk.shutdown(wait=True, cancel_futures=True)

    async def settle(self) -> None:
        """Let what was given up come to its end."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def idle(self) -> bool:
        """Whether nothing is awaited."""
        return not self._tasks

    def _on_task_done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._on_error(error)
