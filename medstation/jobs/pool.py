"""Where work is handed in: every job in a worker process, one of them waiting warm."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from types import TracebackType

from medstation.api import Json, Refused, Stopped, Unavailable
from medstation.jobs.allowed import Address
from medstation.jobs.crew import Crew, Order
from medstation.jobs.job import Job
from medstation.jobs.messages import Failed, encode
from medstation.jobs.porter import Porter
from medstation.jobs.seccomp import shut


class Pool:
    """Runs jobs in child processes that know the vault's `folder` and `key` (handed over a pipe, seen nowhere else).

    `warm` names modules that a waiting worker imports ahead. `grace` is how many seconds a cancelled job gets to end
    by itself, and again to end by SIGTERM. `spare_delay` is how many seconds after the spare was taken a new one is
    started, unless the job has brought it back by then. `connections` are the exceptions from "no network" that jobs
    may ask for; `porter` starts the connectors of a program that is sealed.
    """

    def __init__(
        self,
        folder: Path | None,
        key: bytes | None,
        warm: tuple[str, ...] = (),
        *,
        grace: float = 2.0,
        spare_delay: float = 2.0,
        connections: tuple[Address, ...] = (),
        porter: Porter | None = None,
    ) -> None:
        handshake = {"folder": str(folder) if folder else None, "key": key.hex() if key else None, "warm": warm}
        handshake["connect"] = ()
        self._allowed, self._porter = connections, porter
        self._crew = Crew(handshake, spare_delay, porter)
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
        self,
        target: str,
        request: Json,
        title: str = "",
        *,
        background: bool = False,
        wait_for_warm: bool = True,
        connect: Sequence[Address] = (),
    ) -> Job:
        """Run `target` ("package.module:function") as `function(request, desk)` in a worker; returns at once.

        `background` work steps back behind other work, and its worker (with its GPU memory) goes when it ends.
        Without `wait_for_warm` a worker that is still importing is left alone: for light work, which starts sooner
        in a fresh one. `connect` names the exceptions that the job needs: it gets a connector, see `seal`; `Refused`
        where one of them was not allowed. A request that JSON cannot hold is a `TypeError` here.
        """
        if forbidden := [f"{host}:{port}" for host, port in connect if (host, port) not in self._allowed]:
            raise Refused(
                f"no connection to {', '.join(forbidden)} is allowed",
                "An administrator can allow it: `medstation vault network allow HOST:PORT`.",
            )
        if connect and self._porter is None and sys.platform == "linux" and shut():
            raise Unavailable(
                "the program was started before a connection was allowed", "End MedStation and start it again."
            )
        job = Job(f"job-{next(self._numbers)}", title, self)
        line = encode({"run": job.id, "target": target, "request": request, "background": background})
        with self._lock:
            self._jobs.append(job)
        if not self._crew.assign(Order(job, line, background, wait_for_warm, tuple(connect))):
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

    @property
    def allowed(self) -> tuple[Address, ...]:
        """The exceptions that jobs may ask for."""
        return self._allowed

    def connections(self) -> list[str]:
        """What connectors have connected to, named alike."""
        return self._crew.connections()

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
