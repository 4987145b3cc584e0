"""Processes at work are killed at random moments; nothing that was reported as stored may be missing afterwards.

    python tests/trust/kill.py --kills 1000 --minutes 30 --seed 1

A process imports, labels, fine-tunes, predicts, changes schemas, makes vaults, brings old ones up to date and changes
passphrases, one act after the other, and says over a pipe what was reported to it as stored. It is ended by SIGKILL
after a random time; of every fifth one the work is done in real workers, and sometimes only the worker is killed. Then
the vault is opened, compared with the reports, checked deeply, and the next process goes on with it.

The exit code is 0 when nothing was lost; the last line on standard output is the count as JSON.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import json
import os
import random
import select
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parent), *(str(Path(__file__).parents[2] / part) for part in ("", "plugins"))]

import psutil  # noqa: E402
import toy_site  # noqa: E402

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
FRESH_AFTER = 25
"""Kills after which a new vault is begun: checking one that grows for ever would take the time."""
LEFT_BEHIND = 20.0
"""Seconds in which the workers of a killed process must have ended by themselves."""
_SECONDS = {False: (0.01, 0.6), True: (0.3, 3.0)}
"""The shortest and longest life of a process that works by itself, and of one with workers."""


@dataclass
class Count:
    """What happened, for the report."""

    kills: int = 0
    workers_killed: int = 0
    reported: Counter[str] = field(default_factory=Counter)
    killed_in: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    cleaned: int = 0
    opening: list[float] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def to_json(self, seconds: float) -> dict[str, Any]:
        return {
            "kills": self.kills,
            "of them workers alone": self.workers_killed,
            "reported as stored": sum(self.reported.values()),
            "reported": dict(self.reported),
            "killed in": dict(self.killed_in),
            "told to the surviving process": dict(self.told),
            "leftovers removed": self.cleaned,
            "longest opening afterwards, seconds": round(max(self.opening, default=0.0), 2),
            "seconds": round(seconds, 1),
            "problems": self.problems,
        }


class Doomed:
    """A process at work, seen from the one that will kill it."""

    def __init__(self, world: World, seed: int, by_worker: bool) -> None:
        self.by_worker = by_worker
        self.said: list[dict[str, Any]] = []
        self.act = "start"
        self.failures: Counter[str] = Counter()
        self._rest = b""
        self._reading, writing = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._reading)
            _work(world, writing, seed, by_worker)
        os.close(writing)

    def live(self, seconds: float) -> None:
        """Hear it for so long; less when it ends by itself, which is a fault."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self._reading], [], [], left)[0] and not self._hear():
                return

    def kill_worker(self) -> bool:
        """End one of its workers; False when it has none."""
        workers = psutil.Process(self.pid).children(recursive=True)
        if workers:
            with contextlib.suppress(psutil.NoSuchProcess):
                max(workers, key=lambda one: one.pid).kill()
        return bool(workers)

    def kill(self) -> int:
        """End it and hear its last words; how it ended (minus the signal)."""
        os.kill(self.pid, signal.SIGKILL)
        _, status = os.waitpid(self.pid, 0)
        while self._hear():
            pass
        os.close(self._reading)
        return os.waitstatus_to_exitcode(status)

    def _hear(self) -> bool:
        data = os.read(self._reading, 65536)
        *lines, self._rest = (self._rest + data).split(b"\n")
        for message in map(json.loads, lines):
            if "begin" in message:
                self.act = message["begin"]
            elif "failed" in message:
                self.failures[f"{message['code']}: {message['message']}"] += 1
            else:
                self.said.append(message)
        return bool(data)


def _work(world: World, pipe: int, seed: int, by_worker: bool) -> None:
    """The doomed process; never returns."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    try:
        from kill_acts import ACTS, Acts

        Acts(world.folder, world.key, pipe, seed, by_worker).forever([one for one in ACTS if one not in world.without])
    except BaseException:  # whatever it is: it ends the process, and the one that listens must see why
        import traceback

        os.write(pipe, json.dumps({"what": "fault", "trace": traceback.format_exc()[-3000:]}).encode() + b"\n")
        traceback.print_exc()
    os._exit(70)


class World:
    """A vault with everything around it, and the ledger of what was reported."""

    def __init__(self, folder: Path, old: list[Path], without: list[str]) -> None:
        from kill_acts import FIRST_PASSPHRASE, SECOND, unpack_old
        from kill_ledger import Ledger

        from medstation.library import Library
        from medstation.vault import Kdf, Vault

        for name in ("sources", "new", "old", "waiting", "backups"):
            (folder / name).mkdir(parents=True)
        with Vault.create(folder / "vault", toy_site.PASSPHRASE, kdf=Kdf.weakest(), user="owner") as vault:
            Library(vault, "owner")
            vault.people.add(SECOND, "reader", f"passphrase {FIRST_PASSPHRASE}")
            self.key = vault.key
        self.folder, self.without = folder, without
        self.ledger = Ledger(folder, self.key)
        for number in range(FRESH_AFTER):
            unpack_old(folder, old[number % len(old)], number)

    def examine(self, count: Count) -> list[str]:
        """After each death. In this order: a deep check cleans up, and nothing that was reported may go with that."""
        count.opening.append(self.ledger.seconds_to_open())
        found = self.ledger.missing()
        damage, cleaned = self.ledger.damage()
        count.cleaned += cleaned
        found += damage + self.ledger.missing() + self.ledger.locked_out()
        return found + self.ledger.can_go_on() + self.ledger.beside() + self.ledger.backups()


def _wait_for_workers() -> list[str]:
    """They end with the thread that started them; since this process adopts orphans, it sees every one of them end."""
    end = time.monotonic() + LEFT_BEHIND
    while time.monotonic() < end:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(0.005)
        except ChildProcessError:
            return []
    left = psutil.Process().children()
    for one in left:
        one.kill()
    return [f"a worker outlived its parent by {LEFT_BEHIND:.0f} s: {one.cmdline()}" for one in left]


def _one_kill(world: World, count: Count, chance: random.Random, by_worker: bool) -> None:
    doomed = Doomed(world, chance.getrandbits(32), by_worker)
    doomed.live(chance.uniform(*_SECONDS[by_worker]))
    if by_worker and chance.random() < 0.5 and doomed.kill_worker():
        count.kills += 1
        count.workers_killed += 1
        doomed.live(chance.uniform(*_SECONDS[True]))
    ended = doomed.kill()
    count.kills += 1
    count.killed_in[doomed.act] += 1
    count.told.update(doomed.failures)
    count.reported.update(one["what"] for one in doomed.said if one["what"] != "trying")
    faults = [one["trace"] for one in doomed.said if one["what"] == "fault"]
    world.ledger.said += [one for one in doomed.said if one["what"] != "fault"]
    found = faults + ([] if ended == -signal.SIGKILL else [f"it ended by itself with {ended}"])
    found += _wait_for_workers() + world.examine(count)
    count.problems += [f"kill {count.kills} (in {doomed.act}): {problem}" for problem in found]


def _load_everything() -> None:
    """Here, once, so that a process that lives for a tenth of a second spends it at work."""
    import kill_ledger  # noqa: F401

    from medstation.actions.workstation import find_plugins
    from medstation.api import resolve_ref

    task = find_plugins().task(toy_site.TASK)
    for part in (task.importer, task.recipes[0].trainer, task.recipes[0].predictor):
        resolve_ref(part)


def run(kills: int, minutes: float, seed: int, folder: Path, without: list[str]) -> Count:
    """Kill until `kills` or `minutes` are reached, or something was lost."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    _load_everything()
    chance, count, end = random.Random(seed), Count(), time.monotonic() + 60 * minutes
    old = sorted((toy_site.ROOT / "tests" / "vault" / "released").glob("*.zip"))
    world, begun = World(folder / "0", old, without), 0
    while count.kills < kills and time.monotonic() < end and not count.problems:
        if count.kills - begun >= FRESH_AFTER:
            shutil.rmtree(world.folder)
            world, begun = World(folder / str(count.kills), old, without), count.kills
        _one_kill(world, count, chance, by_worker=count.kills % 5 == 4)
        sys.stderr.write(
            f"\r{count.kills} kills, {sum(count.reported.values())} reports, {len(count.problems)} problems"
        )
    sys.stderr.write("\n")
    return count


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--minutes", type=float, default=5.0, help="the most that it may take")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=None, help="where the vaults are made (default: a new one)")
    parser.add_argument(
        "--without", action="append", default=[], metavar="ACT", help="leave an act out: make_vault, ..."
    )
    given = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        toy_site.install(Path(folder) / "site")
        count = run(given.kills, given.minutes, given.seed, Path(folder), given.without)
    sys.stdout.write(json.dumps(count.to_json(time.monotonic() - began)) + "\n")
    return 1 if count.problems else 0


if __name__ == "__main__":
    sys.exit(main())
