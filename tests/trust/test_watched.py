"""The whole circle, watched by the operating system: no word on the network, nothing plain on the disk."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import tracing

FONTS = ".cache/matplotlib/fontlist"
"""What the plotting library notes of the machine's fonts when a chart is drawn for the first time; of nobody."""
CIRCLE = Path(__file__).with_name("circle.py")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the system call tracer is Linux's")


@dataclass
class Watched:
    """One run: its folder, what it said of itself, what was seen."""

    folder: Path
    said: dict[str, Any]
    trace: tracing.Trace


def surroundings(folder: Path) -> dict[str, str]:
    """A home and a place for temporary files of its own; no bytecode, which Python would write beside its sources."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "MEDSTATION_"))}
    for name in ("home", "tmp"):
        (folder / name).mkdir()
    own = {"HOME": str(folder / "home"), "TMPDIR": str(folder / "tmp"), "PYTHONDONTWRITEBYTECODE": "1"}
    return {**kept, **own}


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    pytest.importorskip("pydicom", reason="needs the extra medstation[imaging]")
    if reason := tracing.missing():
        pytest.skip(reason)
    outer = tmp_path_factory.mktemp("watched")
    (outer / "run").mkdir()
    command = [sys.executable, str(CIRCLE), str(outer / "run"), "real"]
    done, trace = tracing.run(command, outer / "trace", surroundings(outer))
    assert done.returncode == 0, done.stderr[-3000:]
    yield Watched(outer, json.loads(done.stdout.splitlines()[-1]), trace)
    shutil.rmtree(outer, ignore_errors=True)


def test_no_connection_is_attempted(watched: Watched) -> None:
    assert watched.trace.processes() > 5
    assert watched.trace.internet() == []
    trials = watched.trace.internet_sockets()
    assert all("SOCK_STREAM, IPPROTO_IP" in line for line in trials), "the seal tries itself, and closes that at once"


def test_no_name_is_looked_up(watched: Watched) -> None:
    assert [line for name in ("resolv.conf", "/hosts", "nsswitch-hosts") for line in watched.trace.opened(name)] == []


def test_the_guards_own_log_says_the_same(watched: Watched) -> None:
    assert watched.said["tried"] == []
    assert "seccomp" in watched.said["sealed"]


def test_nothing_planted_is_written_to_any_file_but_exports(watched: Watched) -> None:
    """Every write of every process, also to files that are gone again."""
    run = watched.folder / "run"
    asked_for = (str(run / "out"), str(run / "sources"), str(run / "site"))
    files = set()
    for path, line in watched.trace.writes():
        files.add(path)
        if not path.startswith(asked_for):
            assert [word for word in watched.said["planted"] if word in line] == [], path
    assert any(path.startswith(str(run / "vault" / "blobs" / "tmp")) for path in files)
    assert any(path.endswith("vault.db-wal") for path in files)


def test_files_are_written_in_the_vault_and_where_a_person_asked_only(watched: Watched) -> None:
    run = watched.folder / "run"
    places = [str(run / name) for name in ("vault", "out", "sources", "site")]
    elsewhere = {
        path for path in watched.trace.written_files() if not path.startswith((*places, "/dev/", "/proc/", "/sys/"))
    }
    assert {path for path in elsewhere if FONTS not in path} == set()
    assert [path for path in (watched.folder / "home").rglob("*") if path.is_file() and FONTS not in str(path)] == []
    assert list((watched.folder / "tmp").rglob("*")) == []


def spelled(word: str) -> list[bytes]:
    """The ways in which a word could stand in a file."""
    return [word.encode(), word.encode("utf-16-le"), word.encode().hex().encode(), word.upper().encode()]


def test_nothing_planted_is_found_in_vault_home_and_temporary_files(watched: Watched) -> None:
    places = [watched.folder / "run" / "vault", watched.folder / "home", watched.folder / "tmp"]
    files = [path for place in places for path in place.rglob("*") if path.is_file()]
    files.append(watched.folder / "run" / "out" / "vault.backup")
    assert len(files) > 8
    for path in files:
        content = path.read_bytes()
        assert [word for word in watched.said["planted"] for form in spelled(word) if form in content] == [], path.name


def test_the_look_would_have_seen_it(watched: Watched) -> None:
    """What a person exported is plain, and both looks find the planted words there."""
    exports = b"".join(path.read_bytes() for path in (watched.folder / "run" / "out").rglob("*") if path.is_file())
    assert any(word.encode() in exports for word in watched.said["planted"])
    lines = [line for path, line in watched.trace.writes() if path.startswith(str(watched.folder / "run" / "sources"))]
    assert any(word in line for line in lines for word in watched.said["planted"])


def test_it_works_where_there_is_no_network_at_all(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    for way in (["unshare", "-n"], ["unshare", "-rn"]):
        if shutil.which("unshare") and not subprocess.run([*way, "true"], capture_output=True, check=False).returncode:
            break
    else:
        pytest.skip("no network namespace can be made here")
    command = [*way, sys.executable, str(CIRCLE), str(tmp_path / "run")]
    done = subprocess.run(command, capture_output=True, text=True, env=surroundings(tmp_path), check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout.splitlines()[-1])["tried"] == []


def test_no_process_leaves_a_copy_of_its_memory_when_it_crashes(tmp_path: Path) -> None:
    """The command line and its workers forbid it, whatever was allowed before."""
    import resource

    script = (
        "import resource, sys\n"
        "from medstation.app import main\n"
        "sys.argv = ['medstation', '--json', 'tasks']\n"
        "main()\n"
        "print(resource.getrlimit(resource.RLIMIT_CORE))"
    )
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (hard, hard)),
    )
    assert done.stdout.splitlines()[-1] == "(0, 0)"
