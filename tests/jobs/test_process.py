"""A process is ended and mourned exactly once."""

from __future__ import annotations

import os
import signal

import pytest

from medstation.jobs.process import Process

HANDSHAKE = {"folder": None, "key": None, "warm": [], "connect": ()}


@pytest.mark.skipif(not hasattr(os, "waitid"), reason="this system cannot look at a dead process without reaping it")
def test_a_kill_that_comes_too_late_does_not_hide_how_the_process_died() -> None:
    process = Process("worker", HANDSHAKE)
    os.kill(process.pid, signal.SIGSEGV)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    process.terminate()
    process.kill()
    assert process.wait() == -signal.SIGSEGV
    process.kill()
    process.close()


def test_an_idle_process_leaves_by_itself_when_there_are_no_more_orders() -> None:
    process = Process("worker", HANDSHAKE)
    assert b"warm" in process.answers.readline()
    process.end()
    assert process.wait() == 0
    process.close()


def test_an_order_to_a_dead_process_is_no_error() -> None:
    process = Process("worker", HANDSHAKE)
    process.kill()
    process.wait()
    process.send({"job": "job-1", "ask": "cancel"})
    process.close()
