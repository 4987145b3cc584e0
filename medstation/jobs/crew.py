"""The workers: who is busy, who waits warm, who is let go."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count

from medstation.api import Json, Stopped, Unavailable
from medstation.jobs.allowed import Address
from medstation.jobs.faults import AGAIN, death_of
from medstation.jobs.job import Job
from medstation.jobs.messages import Failed
from medstation.jobs.porter import Porter
from medstation.jobs.worker import Worker

LEAVING = 0.5
"""Seconds that idle workers get to tidy up when the crew is closed. Locking, which ends them, takes one at most."""


@dataclass(frozen=True)
class Order:
    """A job on its way to a worker: `line` is the message for it. With `connect` it gets a connector of its own."""

    job: Job
    line: bytes
    background: bool
    wait_for_warm: bool
    connect: tuple[Address, ...] = ()


class Crew:
    """Keeps at most one idle worker, the spare. Workers are started and spoken to in one thread, which lives long."""

    def __init__(self, handshake: Json, spare_delay: float, porter: Porter | None = None) -> None:
        self._handshake = handshake
        self._porter = porter
        self._spare_delay = spare_delay
        self._workers: set[Worker] = set()
        self._leaving: list[Worker] = []
        self._spare: Worker | None = None
        self._attempts: list[str] = []
        self._connections: list[str] = []
        self._keep_warm = False
        self._closed = False
        self._timer: threading.Timer | None = None
        self._changed = threading.Condition()
        self._thread = ThreadPoolExecutor(1, "workers")
        self._numbers = count(1)

    def assign(self, order: Order) -> bool:
        """Give the job to the spare or to a new worker; returns at once. False when the crew has been closed."""
        return self._later(lambda: self._assign(order))

    def ask(self, job: Job, what: str) -> None:
        """Pass "cancel" or "stop" on to the job's worker, after what was sent to it before; returns at once."""
        self._later(lambda: self._ask(job, what))

    def worker_of(self, job: Job) -> Worker | None:
        with self._changed:
            return next((worker for worker in self._workers if worker.job is job), None)

    def warm_up(self) -> None:
        """Have a spare from now on."""
        self._keep_warm = True
        self._later(self._fill)

    def wait_until_warm(self, timeout: float | None) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: bool(self._spare and self._spare.warm), timeout)

    @property
    def spare_pid(self) -> int | None:
        with self._changed:
            return self._spare.pid if self._spare else None

    def attempts(self) -> list[str]:
        with self._changed:
            return list(self._attempts)

    def connections(self) -> list[str]:
        with self._changed:
            return list(self._connections)

    def close(self) -> None:
        """End every worker: idle ones may tidy up for a moment, busy ones end at once."""
        with self._changed:
            self._closed = True
            workers, timer = list(self._workers), self._timer
            self._spare = None
        if timer:
            timer.cancel()
            timer.join()
        for worker in workers:
            (worker.kill if worker.job else worker.end)()
        with self._changed:
            self._changed.wait_for(lambda: not self._workers, LEAVING)
        self._kill_all()
        self._thread.shutdown(cancel_futures=True)
        self._kill_all()  # one that was being started meanwhile
        with self._changed:
            workers += self._leaving
        for worker in workers:
            worker.join()

    # What workers tell, in their threads

    def on_warm(self, worker: Worker) -> None:
        with self._changed:
            self._changed.notify_all()

    def on_free(self, worker: Worker, healthy: bool) -> None:
        with self._changed:
            dismissed = self._choose_spare(worker) if healthy and not worker.background else worker
            self._changed.notify_all()
        if dismissed:
            dismissed.end()

    def on_attempts(self, attempts: list[str], connections: list[str]) -> None:
        with self._changed:
            self._attempts += attempts
            self._connections += connections

    def on_ended(self, worker: Worker, job: Job | None, exit_code: int) -> None:
        with self._changed:
            self._workers.discard(worker)
            self._leaving = [one for one in self._leaving if not one.join(0)] + [worker]  # its threads end after this
            if self._spare is worker:
                self._spare = None
            self._changed.notify_all()
        if job and (job.cancelling or self._closed):
            job.finish(Failed(Stopped("the work was stopped", AGAIN)))
        elif job:
            job.finish(Failed(death_of(exit_code, worker.memory_ran_out()), worker.tail()))

    def _choose_spare(self, worker: Worker) -> Worker | None:
        """Keep the better of two idle workers; the other one is returned."""
        if self._closed or (self._spare and (self._spare.warm or not worker.warm)):
            return worker
        dismissed, self._spare = self._spare, worker
        return dismissed

    # What is done in the long-lived thread

    def _assign(self, order: Order) -> None:
        handed = False
        try:
            while not handed and not order.job.done and not self._closed:
                worker = self._start(order.connect) if order.connect else self._worker_for(order)
                goes_with_it = order.background or bool(order.connect)
                handed = worker.run(order.job, order.line, goes_with_it)
        except OSError as error:
            hint = "Close other programs, then start it again."
            order.job.finish(Failed(Unavailable(f"no worker process could be started: {error.strerror}", hint)))
        self._fill_later()

    def _ask(self, job: Job, what: str) -> None:
        if worker := self.worker_of(job):
            worker.ask(job, what)

    def _take_spare(self, even_if_cold: bool) -> Worker | None:
        with self._changed:
            if not self._spare or not (self._spare.warm or even_if_cold):
                return None
            worker, self._spare = self._spare, None
            return worker

    def _worker_for(self, order: Order) -> Worker:
        return self._take_spare(order.wait_for_warm) or self._start()

    def _start(self, connect: tuple[Address, ...] = ()) -> Worker:
        """A connector imports nothing ahead: it runs its job's own code and no other."""
        special: Json = {"connect": connect, "warm": ()} if connect else {}
        handshake, porter = {**self._handshake, **special}, self._porter if connect else None
        worker = Worker(f"worker {next(self._numbers)}", handshake, self, porter)
        with self._changed:
            self._workers.add(worker)
        return worker

    def _fill(self) -> None:
        with self._changed:
            self._timer = None
            if self._spare or self._closed:
                return
        worker = self._start()
        with self._changed:
            dismissed = self._choose_spare(worker)
            self._changed.notify_all()
        if dismissed:
            dismissed.end()

    def _fill_later(self) -> None:
        """A short job's worker comes back in time to be the spare; only after a while a new one is started."""
        with self._changed:
            if self._keep_warm and not self._closed and not self._spare and not self._timer:
                self._timer = threading.Timer(self._spare_delay, self._later, [self._fill])
                self._timer.daemon = True
                self._timer.start()

    def _later(self, act: Callable[[], None]) -> bool:
        with self._changed:
            if not self._closed:
                self._thread.submit(act)
            return not self._closed

    def _kill_all(self) -> None:
        with self._changed:
            workers = list(self._workers)
        for worker in workers:
            worker.kill()
            worker.join()
