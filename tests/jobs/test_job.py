"""A job keeps its messages for its reader: progress may be thinned out, nothing else is lost."""

from __future__ import annotations

import threading

import pytest

from medstation.api import BadInput, Stopped
from medstation.jobs import Done, Failed, Job, Progressed, Reported, job


class Nobody:
    """A pool for a job that never asks for anything."""

    def cancel(self, job: Job) -> None:
        raise AssertionError("a job that has ended asks for nothing")

    def stop(self, job: Job) -> None:
        raise AssertionError("a job that has ended asks for nothing")

    def forget(self, job: Job) -> None:
        assert job.done


def make() -> Job:
    return Job("job-1", "Test", Nobody())


def test_unread_progress_makes_place_for_newer_and_events_stay() -> None:
    work = make()
    for number in range(100):
        work.tell(Progressed(number / 100))
    work.tell(Reported({"event": 1}))
    work.tell(Progressed(0.995))
    work.tell(Progressed(1.0))
    work.finish(Done({}))
    kinds = list(work.messages())
    assert kinds[:3] == [Progressed(0.99), Reported({"event": 1}), Progressed(1.0)]
    assert isinstance(kinds[3], Done)
    assert len(kinds) == 4


def test_a_reader_that_is_slow_slows_the_worker_and_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job, "LIMIT", 3)
    work = make()

    def tell() -> None:
        for number in range(50):
            work.tell(Reported({"number": number}))
        work.finish(Done({}))

    teller = threading.Thread(target=tell)
    teller.start()
    messages = list(work.messages())
    teller.join()
    assert [message.event["number"] for message in messages if isinstance(message, Reported)] == list(range(50))


def test_the_end_of_a_job_frees_a_worker_that_waits_for_its_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job, "LIMIT", 1)
    work = make()
    work.tell(Reported({}))
    teller = threading.Thread(target=work.tell, args=[Reported({})])
    teller.start()
    work.finish(Failed(Stopped("stopped")))
    teller.join()
    assert work.state == "stopped"


def test_the_first_ending_counts() -> None:
    work = make()
    work.finish(Failed(BadInput("bad")))
    work.finish(Done({}))
    assert work.state == "failed"
    work.cancel()
    work.stop()
