"""However work ends, the job says so, the pool goes on, and nothing is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable

import psutil
import pytest

from medstation.api import Stopped, WorkerDied
from medstation.jobs import Done, Failed, Job, Pool, Reported, process, worker

PATIENCE = 60.0
"""Seconds before a test gives up; none of them is meant to be waited for."""


def first_event(job: Job) -> dict[str, int]:
    return next(message.event for message in job.messages() if isinstance(message, Reported))


def gone(pid: int) -> bool:
    try:
        psutil.Process(pid).wait(PATIENCE)
    except psutil.NoSuchProcess:
        return True
    except psutil.TimeoutExpired:
        return False
    return True


def test_a_killed_worker_is_a_message_and_the_pool_goes_on(pool: Pool) -> None:
    job = pool.submit("job_targets:wait_politely", {})
    os.kill(first_event(job)["pid"], signal.SIGKILL)
    *_, last = job.messages()
    assert isinstance(last, Failed)
    assert isinstance(last.error, WorkerDied)
    assert last.error.code == "worker_died"
    assert "SIGKILL" in last.error.message
    assert "resume" in last.error.hint
    assert job.state == "failed"
    assert isinstance(pool.submit("job_targets:echo", {}).result(), Done)


def test_a_crash_in_native_code_is_told_with_the_workers_last_words(pool: Pool) -> None:
    *_, last = pool.submit("job_targets:crash", {}).messages()
    assert isinstance(last, Failed)
    assert "SIGABRT" in last.error.message
    assert "last words" in last.traceback
    assert "job_targets.py" in last.traceback  # where it was in Python


def test_what_a_dead_worker_had_started_ends_too(pool: Pool) -> None:
    job = pool.submit("job_targets:grandchild", {})
    pids = first_event(job)
    os.kill(pids["pid"], signal.SIGKILL)
    with pytest.raises(WorkerDied):
        job.result()
    assert gone(pids["grandchild"])


@pytest.mark.skipif(sys.platform != "linux", reason="forks behind Python's back")
def test_a_process_that_escaped_from_a_dead_worker_holds_nobody_up(
    make_pool: Callable[..., Pool], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (process, worker):
        monkeypatch.setattr(module, "LAST_WORDS", 0.05)
    pool = make_pool()
    job = pool.submit("job_targets:escaped_grandchild", {})
    pids = first_event(job)
    os.kill(pids["pid"], signal.SIGKILL)
    with pytest.raises(WorkerDied):
        job.result()
    pool.close()
    os.kill(pids["grandchild"], signal.SIGKILL)
    for thread in threading.enumerate():
        if thread.name.startswith("worker"):
            thread.join(PATIENCE)  # they read until the last holder of their pipe is gone


def test_cancel_ends_work_that_listens_and_its_worker_serves_on(pool: Pool) -> None:
    job = pool.submit("job_targets:wait_politely", {})
    pid = first_event(job)["pid"]
    job.cancel()
    with pytest.raises(Stopped):
        job.result()
    assert job.state == "stopped"
    assert pool.submit("job_targets:echo", {}).result().result["pid"] == pid


def test_cancel_ends_work_that_does_not_listen_by_ending_its_worker(make_pool: Callable[..., Pool]) -> None:
    pool = make_pool(None, None, grace=0.05)
    job = pool.submit("job_targets:wait_deaf", {})
    pid = first_event(job)["pid"]
    job.cancel()
    with pytest.raises(Stopped):
        job.result()
    assert job.state == "stopped"
    assert gone(pid)
    assert isinstance(pool.submit("job_targets:echo", {}).result(), Done)


def test_a_job_can_be_cancelled_before_it_has_a_worker(pool: Pool) -> None:
    job = pool.submit("job_targets:wait_politely", {})
    job.cancel()
    job.cancel()
    with pytest.raises(Stopped):
        job.result()


def test_stop_lets_work_finish_with_what_it_has(pool: Pool) -> None:
    job = pool.submit("job_targets:wait_politely", {})
    first_event(job)
    job.stop()
    assert job.result().result == {"stopped": "early"}


def test_closing_ends_running_jobs_as_stopped(make_pool: Callable[..., Pool]) -> None:
    pool = make_pool()
    deaf, waiting = pool.submit("job_targets:wait_deaf", {}), pool.submit("job_targets:wait_politely", {})
    pid = first_event(deaf)["pid"]
    pool.close()
    pool.close()
    assert gone(pid)
    late = pool.submit("job_targets:echo", {})
    for job in (deaf, waiting, late):
        with pytest.raises(Stopped):
            job.result()


PARENT = """
import sys
from medstation.jobs import Pool, Reported
pool = Pool(None, None)
for message in pool.submit("job_targets:{target}", {{}}).messages():
    if isinstance(message, Reported):
        print(message.event["pid"], flush=True)
"""


@pytest.mark.parametrize("target", ["wait_politely", "wait_deaf"])
def test_a_worker_ends_when_its_parent_is_killed(target: str) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}
    command = [sys.executable, "-c", PARENT.format(target=target)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as parent:
        assert parent.stdout
        worker = int(parent.stdout.readline())
        assert psutil.pid_exists(worker)
        parent.kill()
    assert gone(worker)


def test_a_worker_stays_when_the_thread_that_asked_for_it_ends(pool: Pool) -> None:
    jobs: list[Job] = []
    asking = threading.Thread(target=lambda: jobs.append(pool.submit("job_targets:wait_politely", {})))
    asking.start()
    asking.join()
    first_event(jobs[0])
    jobs[0].stop()
    assert jobs[0].result().result == {"stopped": "early"}
