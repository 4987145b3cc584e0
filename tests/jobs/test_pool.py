"""Work goes to a worker and its answer comes back, whatever the worker prints, raises or leaves behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from medstation.api import BadInput, Bug, Refused, Unavailable
from medstation.jobs import Done, Failed, Job, Pool, Progressed, Reported


def failure(job: Job) -> Failed:
    *_, last = job.messages()
    assert isinstance(last, Failed)
    return last


def test_a_job_gets_its_request_and_the_vault_and_answers(make_pool: Callable[..., Pool], tmp_path: Path) -> None:
    pool = make_pool(tmp_path, b"\x01\xfe" * 16)
    job = pool.submit("job_targets:echo", {"text": "señora 李", "none": None}, title="Echo")
    result = job.result().result
    assert result["request"] == {"text": "señora 李", "none": None}
    assert result["folder"] == str(tmp_path)
    assert result["key"] == "01fe" * 16
    assert result["pid"] == job.pid
    assert (job.title, job.state, job.done) == ("Echo", "done", True)


def test_the_key_is_seen_neither_in_the_arguments_nor_in_the_environment(
    make_pool: Callable[..., Pool], tmp_path: Path
) -> None:
    key = bytes(range(32))
    seen = make_pool(tmp_path, key).submit("job_targets:spy", {}).result().result
    for text in (seen["arguments"], seen["environment"]):
        assert key.hex() not in bytes.fromhex(text).decode("utf-8", "replace")
        assert key not in bytes.fromhex(text)
    assert key.hex() not in seen["later"]


def test_a_worker_starts_without_qt_and_torch_and_steps_back_behind_the_window(pool: Pool) -> None:
    seen = pool.submit("job_targets:spy", {}).result().result
    assert not {"torch", "monai", "PySide6"} & set(seen["modules"])
    assert seen["nice"] >= 5


def test_background_work_steps_back_further_and_its_worker_goes(pool: Pool) -> None:
    job = pool.submit("job_targets:spy", {}, background=True)
    assert job.result().result["nice"] >= 10
    assert pool.submit("job_targets:echo", {}).result().result["pid"] != job.pid


def test_a_chatty_library_breaks_no_message_and_eats_no_order(pool: Pool) -> None:
    job = pool.submit("job_targets:chatter", {})
    assert job.result().result == {"read": ""}
    assert pool.submit("job_targets:echo", {}).result().result["pid"] == job.pid


def test_every_event_arrives_in_order_with_plain_numbers(pool: Pool) -> None:
    *told, last = pool.submit("job_targets:events", {"events": 2000}).messages()
    assert [message.event["number"] for message in told if isinstance(message, Reported)] == list(range(2000))
    assert isinstance(last, Done)
    assert last.result["loss"] != last.result["loss"]  # a NaN arrives as one


def test_progress_is_thinned_out_and_the_last_of_it_arrives_before_the_end(pool: Pool) -> None:
    *told, last = pool.submit("job_targets:progress", {"steps": 5000}).messages()
    assert isinstance(last, Done)
    assert told[-1] == Progressed(4999 / 5000, "step 4999")
    assert len(told) < 500


def test_the_messages_of_a_job_that_ended_give_its_end_again(pool: Pool) -> None:
    job = pool.submit("job_targets:echo", {})
    first = job.result()
    assert list(job.messages()) == [first]
    assert pool.jobs == []


def test_an_error_of_the_input_comes_back_as_what_it_was(pool: Pool) -> None:
    job = pool.submit("job_targets:bad_input", {})
    with pytest.raises(BadInput) as raised:
        job.result()
    assert (raised.value.message, raised.value.hint) == ("lung.dcm has no pixels", "Choose another file.")
    assert job.state == "failed"


@pytest.mark.parametrize("target", ["bug", "leave", "not_json", "object_array"])
def test_a_bug_is_told_with_its_traceback_and_its_worker_is_not_used_again(pool: Pool, target: str) -> None:
    job = pool.submit(f"job_targets:{target}", {})
    failed = failure(job)
    assert isinstance(failed.error, Bug)
    assert failed.error.code == "bug"
    assert "Traceback" in failed.traceback
    assert pool.submit("job_targets:echo", {}).result().result["pid"] != job.pid


def test_lack_of_memory_is_said_in_words(pool: Pool) -> None:
    failed = failure(pool.submit("job_targets:no_memory", {}))
    assert isinstance(failed.error, Refused)
    assert "memory" in failed.error.message


@pytest.mark.parametrize("target", ["no_such_module:run", "job_targets:no_such_function"])
def test_a_target_that_is_not_there_is_named(pool: Pool, target: str) -> None:
    failed = failure(pool.submit(target, {}))
    assert isinstance(failed.error, Unavailable)
    assert target in failed.error.message


def test_a_request_that_json_cannot_hold_is_refused_where_it_is_made(pool: Pool) -> None:
    with pytest.raises(TypeError, match="Path"):
        pool.submit("job_targets:echo", {"path": Path("x")})
    assert pool.jobs == []


def test_a_thread_left_behind_says_nothing_into_the_next_job(pool: Pool) -> None:
    first = pool.submit("job_targets:thread_left_behind", {})
    first.result()
    second = pool.submit("job_targets:echo", {})
    assert [type(message) for message in second.messages()] == [Done]
    assert second.pid == first.pid


def test_jobs_run_side_by_side(pool: Pool) -> None:
    jobs = [pool.submit("job_targets:wait_politely", {"number": number}) for number in range(3)]
    pids = {next(m.event["pid"] for m in job.messages() if isinstance(m, Reported)) for job in jobs}
    assert len(pids) == 3
    assert [job.id for job in pool.jobs] == [job.id for job in jobs]
    for job in jobs:
        job.stop()
    assert [job.result().result for job in jobs] == [{"stopped": "early"}] * 3


def test_who_tried_to_reach_the_network_is_known_to_the_pool(pool: Pool) -> None:
    result = pool.submit("job_targets:connect", {}).result().result
    assert "offline" in result["refused"]
    assert pool.attempts() == ["job_targets → 192.0.2.1:80"]
