"""A connector reaches the places that were allowed and no other; no other worker reaches anything."""

from __future__ import annotations

import platform
import socket
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from medstation.api import Refused
from medstation.jobs import Pool, seccomp

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in seccomp.MACHINES,
    reason="the system call filter is for Linux on x86-64 and ARM64",
)
REACH = "job_targets:reach"
NOT_ALLOWED = "PermissionError"


@pytest.fixture
def place() -> Iterator[tuple[str, int]]:
    """A server of this machine that says hello to each who connects."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    link, _ = server.accept()
                except OSError:  # the test is over
                    return
                with link:
                    link.sendall(b"hello")

        thread = threading.Thread(target=serve)
        thread.start()
        yield ("127.0.0.1", server.getsockname()[1])
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.fixture
def other() -> Iterator[tuple[str, int]]:
    """A server that nobody was allowed to reach."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield ("127.0.0.1", server.getsockname()[1])


def test_a_connector_reaches_what_was_allowed_and_nothing_else(
    make_pool: Callable[..., Pool], place: tuple[str, int], other: tuple[str, int]
) -> None:
    pool = make_pool(None, None, connections=(place,))
    places = [place, other, ("192.0.2.1", 80), place]
    seen = pool.submit(REACH, {"places": places}, connect=[place]).result().result
    assert seen["greetings"] == ["hello", NOT_ALLOWED, NOT_ALLOWED, "hello"]
    assert [seen[way] for way in ("udp", "packets", "binding", "look-up")] == [NOT_ALLOWED] * 4
    assert seen["native listening"] == "-1"
    assert pool.connections() == [f"job_targets → 127.0.0.1:{place[1]}"] * 2
    assert [one.partition(" → ")[2] for one in pool.attempts()] == [
        f"127.0.0.1:{other[1]}", "192.0.2.1:80", "127.0.0.1:0", "example.org:443",
    ]  # fmt: skip


def test_a_name_is_looked_up_before_the_seal(make_pool: Callable[..., Pool], place: tuple[str, int]) -> None:
    named = ("localhost", place[1])
    pool = make_pool(None, None, connections=(named,))
    seen = pool.submit(REACH, {"places": [named]}, connect=[named]).result().result
    assert seen["greetings"] == ["hello"]


def test_other_workers_reach_nothing_whatever_is_allowed(
    make_pool: Callable[..., Pool], place: tuple[str, int]
) -> None:
    pool = make_pool(None, None, connections=(place,))
    connector = pool.submit(REACH, {"places": [place]}, connect=[place]).result().result
    worker = pool.submit(REACH, {"places": [place]}).result().result
    assert worker["greetings"] == [NOT_ALLOWED]
    assert worker["pid"] != connector["pid"], "a connector serves one job"


def test_a_job_gets_no_connector_for_what_was_not_allowed(
    make_pool: Callable[..., Pool], place: tuple[str, int], other: tuple[str, int]
) -> None:
    pool = make_pool(None, None, connections=(place,))
    with pytest.raises(Refused, match="is allowed"):
        pool.submit(REACH, {"places": [other]}, connect=[other])
