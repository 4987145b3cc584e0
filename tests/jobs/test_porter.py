"""A program that is sealed still gets its connectors, from a process that stays at the door; and only those."""

from __future__ import annotations

import json
import os
import platform
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from medstation.jobs import seccomp

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in seccomp.MACHINES,
    reason="the system call filter is for Linux on x86-64 and ARM64",
)
PROGRAM = """
import json, os, signal, sys
from medstation.jobs.porter import START_ANEW, divide
from medstation.jobs import Pool, seal_network

porter = divide() if sys.argv[1] == "divided" else None
seal = seal_network()
place = ("127.0.0.1", int(sys.argv[2]))

def told(job):
    try:
        done = job()
        return done.result().result["greetings"]
    except Exception as error:
        return [f"{type(error).__name__}: {getattr(error, 'message', error)}"]

with Pool(None, None, connections=(place,), porter=porter) as pool:
    reach = lambda **options: told(lambda: pool.submit("job_targets:reach", {"places": [place]}, **options))
    died = told(lambda: pool.submit("job_targets:crash", {}, connect=[place]))
    print(json.dumps({"anew": bool(porter and porter.started_anew), "sealed": seal.active, "parent": os.getppid(),
        "connector": reach(connect=[place]), "worker": reach(), "died": died}), flush=True)
if os.path.exists(sys.argv[3]):
    sys.exit(7)
open(sys.argv[3], "w").close()
sys.exit(START_ANEW if porter else 7)
"""


@pytest.fixture
def port() -> Iterator[int]:
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
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def run(way: str, port: int, mark: Path) -> tuple[int, list[dict[str, object]]]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}
    command = [sys.executable, "-c", PROGRAM, way, str(port), str(mark)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout, done.stderr
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def test_a_sealed_program_gets_connectors_from_its_porter_and_starts_anew(port: int, tmp_path: Path) -> None:
    code, (first, second) = run("divided", port, tmp_path / "started once")
    for seen in (first, second):
        assert seen["sealed"] is True and seen["connector"] == ["hello"]
        assert "PermissionError" in str(seen["worker"]) and "WorkerDied" in str(seen["died"])
    assert first["parent"] == second["parent"], "the same process stayed at the door"
    assert (first["anew"], second["anew"]) == (False, True)
    assert code == 7, "the program's own exit code"


def test_without_a_porter_a_sealed_program_says_so(port: int, tmp_path: Path) -> None:
    code, (seen,) = run("alone", port, tmp_path / "started once")
    assert seen["sealed"] is True and "started before" in str(seen["connector"]) and code == 7
