"""Where work is handed in: every job in a worker process, one of them waiting warm."""

from __future__ import annotations

import contextlib
import threading
from itertools import count
from pathlib import Path
from types import TracebackType

from medstation.api import Json, Stopped
from medstation.jobs.crew import Crew, Order
from medstation.jobs.job import Job
from medstation.jobs.messages import Failed, encode


class Pool:
    """Runs jobs in child processes that know the vault's `folder` and `key` (handed over a pipe, seen nowhere else).

    `warm` names modules that a waiting worker imports ahead. `grace` is how many seconds a cancelled job gets to end
    by itself, and again to end by SIGTERM. `spare_delay` is how many seconds after the spare was taken a new one is
    started, unless the job has brought it back by then.
    """

    def __init__(
        self,
        folder: Path | None,
        key: bytes | None,
        warm: tuple[str, ...] = (),
        *,
        grace: float = 2.0,
        spare_delay: float = 2.0,
    ) -> None:
        handshake = {"folder": str(folder) if folder else None, "key": key.hex() if key else None, "warm": warm}
        self._crew = Crew(handshake, spare_delay)
        self._grace = grace
        self._jobs: list[Job] = []
        self._closers: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._numbers = count(1)

    @property
    def jobs(self) -> list[Job]:
        """The jobs that have not ended."""
        with self._lock:
            return list(self._jobs)

    def submit(
        self, target: str, request: Json, title: str = "", *, background: bool = False, wait_for_warm: bool = True
    ) -> Job:
        """Run `target` ("package.module:function") as `function(request, desk)` in a worker; returns at once.

        `background` work steps back behind other work, and its worker (with its GPU memory) goes when it ends.
        Without `wait_for_warm` a worker that is still importing is left alone: for light work, which starts sooner
        in a fresh one. A request that JSON cannot hold is a `TypeError` here.
        """
        job = Job(f"job-{next(self._numbers)}", title, self)
        line = encode({"run": job.id, "target": target, "request": request, "background": background})
        with self._lock:
            self._jobs.append(job)
        if not self._crew.assign(Order(job, line, background, wait_for_warm)):
            job.finish(_closed())
        return job

    def warm_up(self) -> None:
        """Start a spare worker now, and keep one from now on."""
        self._crew.warm_up()

    def wait_until_warm(self, timeout: float | None = None) -> bool:
        """Wait until a spare has imported everything; False when `timeout` seconds were not enough."""
        return self._crew.wait_until_warm(timeout)

    @property
    def spare_pid(self) -> int | None:
        return self._crew.spare_pid

    def attempts(self) -> list[str]:
        """What in the workers tried to reach the network, as `Seal.attempts` names it."""
        return self._crew.attempts()

    def close(self) -> None:
        """End every job and every worker. Jobs that were running end as stopped."""
        for job in self.jobs:
            job.cancelling = True
        self._crew.close()
        for job in self.jobs:
            job.finish(_closed())
        for closer in self._closers:
            closer.join()

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # What a job asks

    def cancel(self, job: Job) -> None:
        self._crew.ask(job, "cancel")
        closer = threading.Thread(target=self._enforce, args=[job], name=f"{job.id} cancel", daemon=True)
        with self._lock:
            self._closers = [thread for thread in self._closers if thread.is_alive()] + [closer]
            closer.start()

    def stop(self, job: Job) -> None:
        self._crew.ask(job, "stop")

    def forget(self, job: Job) -> None:
        with self._lock, contextlib.suppress(ValueError):
            self._jobs.remove(job)

    def _enforce(self, job: Job) -> None:
        if job.wait(self._grace):
            return
        worker = self._crew.worker_of(job)
        if worker is None:
            job.finish(Failed(Stopped("the work was stopped before it began")))
            return
        worker.terminate(job)
        if not job.wait(self._grace):
            worker.kill(job)


def _closed() -> Failed:
    return Failed(Stopped("MedStation was closed", "Start the work again."))
