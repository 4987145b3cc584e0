"""A job as the window and the command line see it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from typing import Literal, Protocol

from medstation.api import Stopped
from medstation.jobs.messages import Done, Failed, Message, Progressed

State = Literal["waiting", "running", "done", "failed", "stopped"]
LIMIT = 10_000
"""Unread messages after which the worker has to wait for its reader."""


class Control(Protocol):
    """What a job asks of its pool, and tells it."""

    def cancel(self, job: Job) -> None: ...

    def stop(self, job: Job) -> None: ...

    def forget(self, job: Job) -> None:
        """It has ended: whoever still holds it keeps its result's memory, the pool must not."""


class Job:
    """Work in a worker process. Safe to use from any thread; `messages` has one reader."""

    def __init__(self, job_id: str, title: str, control: Control) -> None:
        self.id = job_id
        self.title = title
        self.pid: int | None = None  #: the worker's process id, None until one has been found
        self.cancelling = False
        self._control = control
        self._state: State = "waiting"
        self._outcome: Done | Failed | None = None
        self._unread: deque[Message] = deque()
        self._changed = threading.Condition()

    @property
    def state(self) -> State:
        return self._state

    @property
    def done(self) -> bool:
        """True when the work has ended, well or not."""
        return self._outcome is not None

    def messages(self) -> Iterator[Message]:
        """What the job says, as it says it; blocks in between and ends after `Done` or `Failed`.

        Called again afterwards, it gives the ending once more.
        """
        message: Message | None = None
        while not isinstance(message, Done | Failed):
            message = self._next()
            yield message

    def result(self) -> Done:
        """Wait for the end; raises the error of a job that failed."""
        *_, last = self.messages()
        if isinstance(last, Failed):
            raise last.error
        assert isinstance(last, Done)
        return last

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the work has ended, leaving its messages unread; False when `timeout` seconds were not enough."""
        with self._changed:
            return self._changed.wait_for(lambda: self.done, timeout)

    def cancel(self) -> None:
        """End the work: politely, and if the worker does not listen, by ending the worker."""
        with self._changed:
            if self.done or self.cancelling:
                return
            self.cancelling = True
        self._control.cancel(self)

    def stop(self) -> None:
        """Ask the work to finish early and keep what it has."""
        if not self.done:
            self._control.stop(self)

    # The pool's side

    def begin(self, pid: int) -> None:
        self.pid = pid
        with self._changed:
            if not self.done:
                self._state = "running"

    def tell(self, message: Message) -> None:
        """Add a message; takes the place of unread progress, and waits where `LIMIT` messages are unread."""
        with self._changed:
            if isinstance(message, Progressed) and self._unread and isinstance(self._unread[-1], Progressed):
                self._unread.pop()
            self._changed.wait_for(lambda: len(self._unread) < LIMIT or self.done or self.cancelling)
            if not self.done:
                self._unread.append(message)
                self._changed.notify_all()

    def finish(self, outcome: Done | Failed) -> None:
        """The first ending counts."""
        with self._changed:
            if self.done:
                return
            self._outcome = outcome
            self._state = "done" if isinstance(outcome, Done) else _ending(outcome)
            self._changed.notify_all()
        self._control.forget(self)

    def _next(self) -> Message:
        with self._changed:
            self._changed.wait_for(lambda: self._unread or self.done)
            if self._unread:
                message = self._unread.popleft()
                self._changed.notify_all()
                return message
            assert self._outcome is not None
            return self._outcome


def _ending(outcome: Failed) -> State:
    return "stopped" if isinstance(outcome.error, Stopped) else "failed"
