"""One worker, seen from its parent: what it is doing, and what its messages mean."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from medstation.api import Json
from medstation.api.errors import from_code
from medstation.jobs import memory
from medstation.jobs.faults import memory_kills
from medstation.jobs.job import Job
from medstation.jobs.messages import Done, Failed, Progressed, Reported, decode
from medstation.jobs.porter import Porter
from medstation.jobs.process import LAST_WORDS, Process

if TYPE_CHECKING:
    import numpy as np

_log = logging.getLogger(__name__)


class Employer(Protocol):
    """Who hears of a worker, in the worker's own threads."""

    def on_warm(self, worker: Worker) -> None:
        """Everything that was to be imported ahead is imported."""

    def on_free(self, worker: Worker, healthy: bool) -> None:
        """Its job has ended (the job itself does not know yet)."""

    def on_attempts(self, attempts: list[str], connections: list[str]) -> None:
        """Something in it tried to reach the network; as a connector, it did."""

    def on_ended(self, worker: Worker, job: Job | None, exit_code: int) -> None:
        """The process is gone; `job` is what it was doing."""


class Worker:
    """A process and its present job."""

    def __init__(self, name: str, handshake: Json, employer: Employer, porter: Porter | None = None) -> None:
        self.name = name
        self.warm = not handshake["warm"]
        self.served = 0
        self.background = False
        self._job: Job | None = None
        self._gone = False
        self._lock = threading.Lock()
        self._employer = employer
        self._memory_kills = memory_kills()
        self._process = Process(name, handshake, porter)
        self.pid = self._process.pid
        self._listener = threading.Thread(target=self._listen, name=f"{name} messages", daemon=True)
        self._watcher = threading.Thread(target=self._watch, name=f"{name} watch", daemon=True)
        self._listener.start()
        self._watcher.start()

    @property
    def job(self) -> Job | None:
        return self._job

    def run(self, job: Job, line: bytes, background: bool) -> bool:
        """Hand it a job. False when the process is gone already."""
        with self._lock:
            if self._gone:
                return False
            self._job = job
        self.background = background
        self.served += 1
        job.begin(self.pid)
        self._process.send_line(line)
        return True

    def ask(self, job: Job, what: str) -> None:
        """Pass on what the person asked: "cancel" or "stop"."""
        self._process.send({"job": job.id, "ask": what})

    def end(self) -> None:
        """Let an idle worker go; one that has served nobody has nothing to tidy up."""
        if self.served:
            self._process.end()
        else:
            self._process.kill()

    def terminate(self, job: Job) -> None:
        self._while_at(job, self._process.terminate)

    def kill(self, job: Job | None = None) -> None:
        self._while_at(job, self._process.kill)

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the end of the process and of its threads."""
        self._watcher.join(timeout)
        return not self._watcher.is_alive()

    def tail(self) -> str:
        return self._process.tail()

    def memory_ran_out(self) -> bool:
        """True when the system has ended some process for lack of memory since this one started."""
        return memory_kills() > self._memory_kills

    def _while_at(self, job: Job | None, act: Callable[[], None]) -> None:
        with self._lock:
            if not self._gone and (job is None or self._job is job):
                act()

    def _watch(self) -> None:
        exit_code = self._process.wait()
        self._listener.join(LAST_WORDS)
        with self._lock:
            self._gone = True
            job, self._job = self._job, None
        self._employer.on_ended(self, job, exit_code)
        self._listener.join(LAST_WORDS)
        if not self._listener.is_alive():  # else something that escaped from the worker holds its pipe
            self._process.close()

    def _listen(self) -> None:
        try:
            for line in self._process.answers:
                self._hear(decode(line))
        except (EOFError, OSError, ValueError) as error:
            # Cut off by the worker's death, or damaged: the worker is of no more use. No text of it is logged.
            _log.warning("%s: its messages ended with %s", self.name, type(error).__name__)
            self._process.kill()

    def _hear(self, message: Json) -> None:
        job = self._job
        match message:
            case {"progress": [done, text]} if job:
                job.tell(Progressed(done, text))
            case {"event": event} if job:
                job.tell(Reported(event))
            case {"attempts": attempts, "connections": connections}:
                self._employer.on_attempts(attempts, connections)
            case {"warm": {"failed": failed}}:
                self._on_warm(failed)
            case {"done": result, "arrays": described} if job:
                self._finish(job, Done(result, self._arrays(described)), healthy=True)
            case {"failed": fault} if job:
                error = from_code(fault["code"], fault["message"], fault["hint"])
                self._finish(job, Failed(error, fault["traceback"]), healthy=fault["healthy"])

    def _on_warm(self, failed: dict[str, str]) -> None:
        if not self.warm and failed:
            _log.warning("%s: could not import ahead: %s", self.name, ", ".join(failed))
        self.warm = True
        self._employer.on_warm(self)

    def _arrays(self, described: list[Json]) -> dict[str, np.ndarray]:
        if not described:
            return {}
        if self._process.link:
            return memory.read_shared(described, self._process.link)
        return memory.read_piped(described, self._process.answers)

    def _finish(self, job: Job, outcome: Done | Failed, healthy: bool) -> None:
        with self._lock:
            self._job = None
        self._employer.on_free(self, healthy)
        job.finish(outcome)
