"""A process that is killed at any moment of any act leaves a sound vault with all that it reported.

MEDSTATION_KILLS is how often (20 unless set).
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from vault_fixtures import PASSPHRASE, keep, make

from medstation.api import VaultLocked
from medstation.vault import Vault, restore

KILLS = int(os.environ.get("MEDSTATION_KILLS", "20"))

CHILD = """
import random, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from vault_fixtures import PASSPHRASE, keep
from medstation.vault import Vault, back_up

def migrate(number):
    steps = []
    for name in range(number):
        made = lambda tx, name=name: tx.execute(f"CREATE TABLE made_{name} (id INTEGER PRIMARY KEY)")
        made.__name__ = f"m{name}"
        steps.append(made)
    vault.migrate("kills", steps)

def say(*words):
    sys.stdout.write("\\t".join(map(str, words)) + "\\n")  # one piece: print writes several where output is unbuffered
    sys.stdout.flush()

chance = random.Random(int(sys.argv[4]))
signal.setitimer(signal.ITIMER_REAL, chance.uniform(0.05, 0.6))  # nobody listens: it ends the process there and then
vault = Vault.open(Path(sys.argv[1]), PASSPHRASE, user="owner")
with vault.read() as reader:
    migrated = reader.one("SELECT count(*) FROM migrations WHERE room = 'kills'")[0]
while True:
    act = chance.choice(["keep", "keep", "keep", "passphrase", "migrate", "backup"])
    if act == "keep":
        say("kept", keep(vault, chance.randbytes(chance.randrange(1, 400_000))))
    elif act == "passphrase":
        new = f"passphrase {chance.random()}"
        say("changing", new)
        vault.people.set_passphrase("Ada", new)
        say("changed", new)
    elif act == "migrate":
        migrated += 1
        migrate(migrated)
        say("migrated", migrated)
    else:
        back_up(vault, Path(sys.argv[2]) / "backup", replace=True)
        say("backed up", "")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the timer that kills is one of POSIX")
def test_a_kill_at_any_moment_loses_nothing_that_was_reported(folder: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    with make(folder) as vault:
        vault.people.add("Ada", "annotator", "at first")
        stored = {keep(vault, b"before")}
    ada, backed_up = ["at first"], set[str]()
    for seed in range(KILLS):
        arguments = [sys.executable, "-c", CHILD, str(folder), str(disk), str(Path(__file__).parent), str(seed)]
        child = subprocess.run(arguments, capture_output=True, text=True)
        assert child.returncode == -signal.SIGALRM, child.stderr
        migrated = 0
        for what, value in (line.split("\t") for line in child.stdout.splitlines()):
            if what == "kept":
                stored.add(value)
            elif what == "migrated":
                migrated = int(value)
            elif what == "backed up":
                backed_up = set(stored)
            else:
                ada = [*ada[-1:], value] if what == "changing" else [value]
        with Vault.open(folder, PASSPHRASE, user="owner") as vault:
            report = vault.check(deep=True)
            assert report.problems == ()
            with vault.read() as reader:
                assert stored <= {row["id"] for row in reader.all("SELECT id FROM blobs")}
                assert len(reader.all("SELECT 1 FROM migrations WHERE room = 'kills'")) >= migrated
        ada = [passphrase for passphrase in ada if opens(folder, passphrase)]
        assert len(ada) == 1
    assert len(stored) > KILLS // 4  # the child was killed at work, not before
    if backed_up:
        report_of = restore(disk / "backup", tmp_path / "restored", PASSPHRASE)
        assert report_of.problems == ()
        with Vault.open(tmp_path / "restored", PASSPHRASE, user="owner") as vault, vault.read() as reader:
            assert backed_up <= {row["id"] for row in reader.all("SELECT id FROM blobs")}


def opens(folder: Path, passphrase: str) -> bool:
    try:
        Vault.open(folder, passphrase, user="Ada").close()
    except VaultLocked:
        return False
    return True
