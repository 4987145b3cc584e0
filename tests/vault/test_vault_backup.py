"""A backup is one encrypted file, made while others work, and what it restores is checked."""

from __future__ import annotations

import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_vault_faults import failing_from
from vault_fixtures import PASSPHRASE, keep, make, place

from medstation.api import BadInput, MedStationError, NotFound, Refused, VaultLocked, WrongUsage
from medstation.vault import Vault, back_up, restore


@pytest.fixture
def filled(vault: Vault) -> Vault:
    for number in range(5):
        keep(vault, bytes([number]) * (1000 + 300_000 * (number == 2)), f"thing {number}")
    return vault


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """Where backups go."""
    folder = tmp_path / "disk"
    folder.mkdir()
    return folder


def contents(vault: Vault) -> dict[str, bytes]:
    with vault.read() as reader:
        rows = reader.all("SELECT name, blob FROM things WHERE blob IS NOT NULL")
    return {row["name"]: vault.blobs.read(row["blob"]) for row in rows}


@pytest.fixture
def somewhere(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "another machine" / "vault"


def test_a_restored_vault_is_the_vault(filled: Vault, disk: Path, somewhere: Path) -> None:
    filled.people.add("Ada", "reader", "ada's own")
    told = back_up(filled, disk / "backup")
    assert (told.blobs, told.copied, told.problems) == (5, 5, ())
    assert told.bytes == (disk / "backup").stat().st_size
    assert [path.name for path in disk.iterdir()] == ["backup"]
    assert (disk / "backup").stat().st_mode & 0o077 == 0
    expected, head = contents(filled), filled.audit.signed_head()
    filled.close()
    shutil.rmtree(filled.folder)
    report = restore(disk / "backup", somewhere, PASSPHRASE)
    assert (report.blobs, report.problems) == (5, ())
    for passphrase, name in ((PASSPHRASE, "owner"), ("ada's own", "Ada")):
        with Vault.open(somewhere, passphrase) as again:
            assert contents(again) == expected
            assert again.user.name == name
            assert again.check(deep=True).problems == ()
            assert "vault.restore" in [entry.action for entry in again.audit.entries()]
            assert again.audit.verify().ok
    assert [path.name for path in somewhere.parent.iterdir()] == ["vault"]
    with Vault.open(somewhere, PASSPHRASE) as again:
        problems = again.audit.verify(head).problems  # a witness tells that what came after the backup is gone
    assert len(problems) == 1


def test_a_backup_is_an_act(filled: Vault, disk: Path) -> None:
    back_up(filled, disk / "backup")
    entry = filled.audit.entries(1)[0]
    assert (entry.actor, entry.action, entry.subject) == ("owner", "vault.backup", "backup")
    assert (entry.detail["blobs"], entry.detail["copied"], entry.detail["base"]) == (5, 5, None)


def test_nothing_in_a_backup_can_be_read(vault: Vault, disk: Path) -> None:
    keep(vault, b"Canary^Patient" * 100, "Canary^Patient")
    back_up(vault, disk / "backup")
    raw = (disk / "backup").read_bytes()
    assert b"Canary" not in raw
    assert vault.key not in raw and vault.key.hex().encode() not in raw


def test_a_further_backup_holds_what_is_new(filled: Vault, disk: Path, somewhere: Path) -> None:
    full = back_up(filled, disk / "monday")
    keep(filled, b"tuesday's", "tuesday")
    second = back_up(filled, disk / "tuesday", base=disk / "monday")
    keep(filled, b"wednesday's", "wednesday")
    third = back_up(filled, disk / "wednesday", base=disk / "tuesday")
    assert (full.copied, second.copied, third.copied) == (5, 1, 1)
    assert (second.blobs, third.blobs) == (6, 7)
    restore(disk / "wednesday", somewhere, PASSPHRASE)
    with Vault.open(somewhere, PASSPHRASE) as again:
        assert contents(again) == contents(filled)


def test_a_missing_base_is_named_and_may_lie_elsewhere(filled: Vault, disk: Path, somewhere: Path) -> None:
    back_up(filled, disk / "monday")
    back_up(filled, disk / "tuesday", base=disk / "monday")
    (disk / "monday").rename(somewhere.parent.with_name("moved"))
    with pytest.raises(NotFound, match="monday"):
        restore(disk / "tuesday", somewhere, PASSPHRASE)
    assert not somewhere.exists()
    restore(disk / "tuesday", somewhere, PASSPHRASE, bases=[somewhere.parent.with_name("moved")])
    assert (somewhere / "vault.json").exists()


def test_another_file_with_the_bases_name_is_not_taken_for_it(filled: Vault, disk: Path, somewhere: Path) -> None:
    back_up(filled, disk / "monday")
    back_up(filled, disk / "tuesday", base=disk / "monday")
    back_up(filled, disk / "monday", replace=True)
    with pytest.raises(NotFound, match="monday"):
        restore(disk / "tuesday", somewhere, PASSPHRASE)


def test_a_base_that_is_not_needed_is_not_asked_for(filled: Vault, disk: Path, somewhere: Path) -> None:
    back_up(filled, disk / "monday")
    with filled.write("ada", "drop") as tx:
        for row in tx.all("SELECT blob FROM things"):
            tx.execute("UPDATE things SET blob = NULL WHERE blob = ?", row["blob"])
            tx.drop(row["blob"])
    keep(filled, b"new", "new")
    back_up(filled, disk / "tuesday", base=disk / "monday")
    (disk / "monday").unlink()
    restore(disk / "tuesday", somewhere, PASSPHRASE)
    with Vault.open(somewhere, PASSPHRASE) as again:
        assert contents(again) == {"new": b"new"}


def test_others_write_and_drop_while_a_backup_is_made(filled: Vault, disk: Path, somewhere: Path) -> None:
    """Each blob that is copied lets another program add a thing and drop one that was to be copied."""
    with Vault.attach(filled.folder, filled.key, "owner") as other:
        names = iter(["thing 4", "thing 3"])

        def meanwhile(done: float, text: str) -> None:
            name = next(names, "")
            if name:
                keep(other, b"meanwhile", f"instead of {name}")
                with other.write("bob", "drop") as tx:
                    row = tx.one("SELECT blob FROM things WHERE name = ?", name)
                    assert row
                    tx.execute("UPDATE things SET blob = NULL WHERE name = ?", name)
                    tx.drop(row["blob"])

        told = back_up(filled, disk / "backup", report=meanwhile)
    assert told.problems == ()
    assert restore(disk / "backup", somewhere, PASSPHRASE).problems == ()
    with Vault.open(somewhere, PASSPHRASE) as again:
        assert {"thing 0", "thing 1", "thing 2"} <= set(contents(again))
        assert again.check(deep=True).ok


def test_a_busy_vault_is_backed_up_at_one_moment(filled: Vault, disk: Path, somewhere: Path) -> None:
    stop = threading.Event()

    def work() -> None:
        number = 0
        while not stop.is_set():
            keep(filled, number.to_bytes(4, "big"), f"work {number}")
            number += 1

    worker = threading.Thread(target=work)
    worker.start()
    try:
        for number in range(3):
            back_up(filled, disk / f"backup {number}")
    finally:
        stop.set()
        worker.join()
    for number in range(3):
        assert restore(disk / f"backup {number}", somewhere / str(number), PASSPHRASE).problems == ()
        with Vault.open(somewhere / str(number), PASSPHRASE) as again:
            numbers = sorted(int(name.split()[1]) for name in contents(again) if name.startswith("work"))
            assert numbers == list(range(len(numbers)))


def test_nothing_is_overwritten_unasked_and_only_a_backup_of_the_same_vault(
    filled: Vault, disk: Path, tmp_path: Path
) -> None:
    target = disk / "backup"
    target.write_text("mine")
    with pytest.raises(BadInput, match="exists already"):
        back_up(filled, target)
    with pytest.raises(Refused, match="no whole backup"):
        back_up(filled, target, replace=True)
    assert target.read_text() == "mine"
    with make(tmp_path / "other") as other:
        back_up(other, disk / "other's")
    with pytest.raises(Refused, match="another vault"):
        back_up(filled, disk / "other's", replace=True)
    with pytest.raises(BadInput, match="another vault"):
        back_up(filled, disk / "new", base=disk / "other's")
    with pytest.raises(BadInput, match="no folder"):
        back_up(filled, disk / "nowhere" / "new")
    with pytest.raises(WrongUsage, match="inside the vault"):
        back_up(filled, filled.folder / "blobs" / "new")
    with pytest.raises(WrongUsage, match="own base"):
        back_up(filled, disk / "other's", base=disk / "other's", replace=True)


@pytest.mark.parametrize("call", ["fsync", "replace", "open", "touch"])
def test_a_failed_backup_leaves_the_older_one_whole(
    filled: Vault, disk: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    back_up(filled, disk / "backup")
    before = (disk / "backup").read_bytes()
    keep(filled, b"more", "more")
    with monkeypatch.context() as patch, pytest.raises(MedStationError):
        owner = Path if call == "touch" else os
        patch.setattr(owner, call, failing_from(call, 0, errno.ENOSPC) if owner is os else _full)
        back_up(filled, disk / "backup", replace=True)
    assert (disk / "backup").read_bytes() == before
    assert [path.name for path in disk.iterdir()] == ["backup"]


def _full(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "full")


def test_a_stopped_backup_leaves_nothing(filled: Vault, disk: Path) -> None:
    def stop(done: float, text: str) -> None:
        if done > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        back_up(filled, disk / "backup", report=stop)
    assert list(disk.iterdir()) == []


KILLED = """
import os, signal, sys
from pathlib import Path
from medstation.vault import Vault, back_up
vault = Vault.attach(Path(sys.argv[1]), bytes.fromhex(sys.stdin.readline()), "owner")
def die(done, text):
    if done > 0.3:
        os.kill(os.getpid(), signal.SIGKILL)
back_up(vault, Path(sys.argv[2]), replace=True, report=die)
"""


def test_a_killed_backup_leaves_the_older_one_whole(filled: Vault, disk: Path, somewhere: Path) -> None:
    back_up(filled, disk / "backup")
    before = (disk / "backup").read_bytes()
    arguments = [sys.executable, "-c", KILLED, str(filled.folder), str(disk / "backup")]
    child = subprocess.run(arguments, input=filled.key.hex() + "\n", text=True, capture_output=True)
    assert child.returncode == -signal.SIGKILL, child.stderr
    assert (disk / "backup").read_bytes() == before
    keep(filled, b"more", "more")
    back_up(filled, disk / "backup", replace=True)
    assert [path.name for path in disk.iterdir()] == ["backup"]
    restore(disk / "backup", somewhere, PASSPHRASE)


def test_two_backups_to_one_file_do_not_mix(filled: Vault, disk: Path) -> None:
    def meanwhile(done: float, text: str) -> None:
        with pytest.raises(MedStationError, match="another program is writing"):
            back_up(filled, disk / "backup")

    back_up(filled, disk / "backup", report=meanwhile)
    assert [path.name for path in disk.iterdir()] == ["backup"]


def test_a_change_anywhere_in_a_backup_is_found(filled: Vault, disk: Path, tmp_path: Path) -> None:
    back_up(filled, disk / "backup")
    raw = (disk / "backup").read_bytes()
    chance = random.Random(5)
    places = [0, 7, len(raw) - 1, len(raw) - 12, *(chance.randrange(len(raw)) for _ in range(25))]
    places += [chance.randrange(len(raw) - 3000, len(raw)) for _ in range(15)]  # index and foot
    for number, at in enumerate(places):
        altered = bytearray(raw)
        altered[at] ^= 1 << chance.randrange(8)
        (disk / "altered").write_bytes(altered)
        try:
            problems = restore(disk / "altered", tmp_path / f"restored {number}", PASSPHRASE).problems
        except (Refused, VaultLocked):
            assert not (tmp_path / f"restored {number}").exists()
        else:
            assert problems, at


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.9, 0.999])
def test_a_backup_cut_short_is_refused(filled: Vault, disk: Path, somewhere: Path, share: float) -> None:
    back_up(filled, disk / "backup")
    raw = (disk / "backup").read_bytes()
    (disk / "backup").write_bytes(raw[: int(len(raw) * share)])
    with pytest.raises(Refused, match="no whole backup"):
        restore(disk / "backup", somewhere, PASSPHRASE)


def test_a_blob_damaged_in_the_vault_is_told_and_the_rest_saved(filled: Vault, disk: Path, somewhere: Path) -> None:
    with filled.read() as reader:
        first, second, *_ = [row["blob"] for row in reader.all("SELECT blob FROM things ORDER BY id")]
    raw = bytearray(place(filled, first).read_bytes())
    raw[-1] ^= 1
    place(filled, first).write_bytes(raw)
    place(filled, second).unlink()
    told = back_up(filled, disk / "backup")
    assert len(told.problems) == 2 and first in " ".join(told.problems) and second in " ".join(told.problems)
    problems = restore(disk / "backup", somewhere, PASSPHRASE).problems
    assert len(problems) == 1 and second in problems[0]  # what it holds is what was backed up
    with Vault.open(somewhere, PASSPHRASE) as again:
        assert set(again.check(deep=True).damaged) == {first, second}


def test_restoring_needs_an_empty_folder_and_the_passphrase(filled: Vault, disk: Path, somewhere: Path) -> None:
    back_up(filled, disk / "backup")
    with pytest.raises(VaultLocked):
        restore(disk / "backup", somewhere, "guess")
    with pytest.raises(WrongUsage, match="not empty"):
        restore(disk / "backup", filled.folder, PASSPHRASE)
    somewhere.mkdir(parents=True)
    restore(disk / "backup", somewhere, PASSPHRASE)
    assert (somewhere / "vault.json").exists()


def test_a_restore_that_fails_leaves_nothing(
    filled: Vault, disk: Path, somewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_up(filled, disk / "backup")
    for count in range(0, 12, 3):
        with monkeypatch.context() as patch, pytest.raises(MedStationError):
            patch.setattr(os, "fsync", failing_from("fsync", count, errno.ENOSPC))
            restore(disk / "backup", somewhere, PASSPHRASE)
        assert not somewhere.exists()
        assert list(somewhere.parent.iterdir()) == []
    restore(disk / "backup", somewhere, PASSPHRASE)
