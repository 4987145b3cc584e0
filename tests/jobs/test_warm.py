"""A worker waits warm, and work that comes finds it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from medstation.jobs import Pool

PATIENCE = 60.0


def test_the_warm_worker_takes_the_first_job(make_pool: Callable[..., Pool]) -> None:
    pool = make_pool(None, None, ("numpy", "wave"))
    pool.warm_up()
    assert pool.wait_until_warm(PATIENCE)
    spare = pool.spare_pid
    job = pool.submit("job_targets:spy", {})
    assert "wave" in job.result().result["modules"]
    assert job.pid == spare


def test_work_can_wait_for_a_worker_that_is_still_importing(make_pool: Callable[..., Pool]) -> None:
    pool = make_pool(None, None, ("numpy",), spare_delay=PATIENCE)
    pool.warm_up()
    job = pool.submit("job_targets:echo", {})
    job.result()
    assert pool.submit("job_targets:echo", {}).result().result["pid"] == job.pid


def test_light_work_does_not_wait_for_it(
    make_pool: Callable[..., Pool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = tmp_path / "gate"
    (tmp_path / "slow_import.py").write_text(
        f"import pathlib, time\nwhile not pathlib.Path({str(gate)!r}).exists(): time.sleep(0.01)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    pool = make_pool(None, None, ("slow_import",))
    pool.warm_up()
    light = pool.submit("job_targets:echo", {}, wait_for_warm=False)
    assert light.result().result["pid"] != pool.spare_pid
    gate.touch()
    assert pool.wait_until_warm(PATIENCE)


def test_a_new_spare_is_warmed_while_a_long_job_runs(make_pool: Callable[..., Pool]) -> None:
    pool = make_pool(None, None, ("wave",), spare_delay=0.0)
    pool.warm_up()
    assert pool.wait_until_warm(PATIENCE)
    first = pool.spare_pid
    job = pool.submit("job_targets:wait_politely", {})
    next(job.messages())
    assert job.pid == first
    assert pool.wait_until_warm(PATIENCE)
    assert pool.spare_pid != first
    job.stop()
    job.result()


def test_a_module_that_cannot_be_imported_ahead_stops_nothing(make_pool: Callable[..., Pool]) -> None:
    pool = make_pool(None, None, ("no_such_module_here", "wave"))
    pool.warm_up()
    assert pool.wait_until_warm(PATIENCE)
    assert "wave" in pool.submit("job_targets:spy", {}).result().result["modules"]


def test_nothing_is_started_before_there_is_work(make_pool: Callable[..., Pool]) -> None:
    assert make_pool(None, None, ("wave",)).spare_pid is None
