"""A disk that is full or read-only at any point of any act: it is told, nothing is lost, and work goes on after."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from kill_acts import PipeDesk, step
from known_vault import PASSPHRASE, Known
from toy_site import TASK, write_case

from medstation.actions import finetuning, importing, predicting
from medstation.api import LabelDraft, MedStationError, StorageFull
from medstation.library import Library
from medstation.vault import Vault, back_up

CALLS = ("write", "fsync", "open", "mkdir", "replace", "rename")
MOST_WRITES = 400
Act = Callable[[Library, Path, int], Any]


def source_of(scratch: Path, number: int) -> Path:
    """A case to import; made before the disk fails."""
    path = scratch / f"N{number}_a.num"
    return path if path.exists() else write_case(scratch, path.stem)


def bring_in(library: Library, scratch: Path, number: int) -> None:
    request = {"paths": [str(source_of(scratch, number))], "task": TASK, "settings": {}, "user": "owner"}
    assert importing.run(request, _desk(library))["records"]  # type: ignore[arg-type]


def label(library: Library, scratch: Path, number: int) -> None:
    library.add_label("r-1", LabelDraft("value", b"%d" % number * 30_000, {"value": number}))


def make_dataset(library: Library, scratch: Path, number: int) -> None:
    library.create_dataset(f"set {secrets.token_hex(8)}", TASK, "value")


def fine_tune(library: Library, scratch: Path, number: int) -> None:
    """A run that was cut off goes on."""
    waiting = [run for run in library.runs() if run.state != "done"]
    settings = {"epochs": 2, "fail_at": 0, "wait_at": 0}
    run = waiting[0] if waiting else library.create_run("again", TASK, "mean", "set", "", settings, 0)
    finetuning.work({"run": run.id, "user": "owner"}, _desk(library))  # type: ignore[arg-type]
    assert library.run(run.id).state == "done"


def predict(library: Library, scratch: Path, number: int) -> None:
    predicting.run({"model": "mean", "records": ["r-1", "r-2"], "user": "owner"}, _desk(library))  # type: ignore[arg-type]


def migrate(library: Library, scratch: Path, number: int) -> None:
    with library.vault.read() as reader:
        done = len(reader.all("SELECT name FROM migrations WHERE room = 'trial'"))
    library.vault.migrate("trial", [step(one) for one in range(done + 1)])


def change_people(library: Library, scratch: Path, number: int) -> None:
    library.vault.user = library.vault.people.all()[0]
    people = {person.name for person in library.vault.people.all()}
    name = f"person {number}"
    if name in people:
        library.vault.people.remove(name)
    library.vault.people.add(name, "reader", "passphrase")
    library.vault.people.remove(name)


def make_backup(library: Library, scratch: Path, number: int) -> None:
    back_up(library.vault, scratch / "a.backup", replace=True)


def unlock(library: Library, scratch: Path, number: int) -> None:
    Vault.open(library.vault.folder, PASSPHRASE).close()


ACTS: list[Act] = [
    bring_in, label, make_dataset, fine_tune, predict, migrate, change_people, make_backup, unlock,
]  # fmt: skip


PAGE = 4096
ROOM = {make_backup: 16 * PAGE, bring_in: 8 * PAGE, migrate: 64 * PAGE}
"""By how much the disk grows from one trial to the next: a page, and more for what copies the whole database."""


def _desk(library: Library) -> PipeDesk:
    return PipeDesk(library.vault.folder, library.vault.key, lambda event: None)


@contextmanager
def failing_after(calls: int, code: int) -> Iterator[list[int]]:
    """From the (`calls`+1)th writing call of this process on, every one fails; what comes out counts those."""
    failed = [0]
    left = [calls]

    def wrap(real: Callable[..., Any], name: str) -> Callable[..., Any]:
        def call(*args: Any, **named: Any) -> Any:
            if name == "open" and not args[1] & (os.O_CREAT | os.O_WRONLY | os.O_RDWR):
                return real(*args, **named)
            if left[0] == 0:
                failed[0] += 1
                raise OSError(code, os.strerror(code))
            left[0] -= 1
            return real(*args, **named)

        return call

    with pytest.MonkeyPatch.context() as patch:
        for name in CALLS:
            patch.setattr(os, name, wrap(getattr(os, name), name))
        yield failed


def assert_nothing_is_lost(known: Known, library: Library) -> None:
    for name, found, error in known.read(library):
        if name not in ("all records", "audit", "labels r-1", "model"):  # these grow
            assert error is None and found == known.truth[name], (name, error)


@pytest.fixture
def own(known: Known, tmp_path: Path) -> Known:
    """A copy of the vault for one test."""
    return copied(known, tmp_path / "vault")


def copied(known: Known, folder: Path) -> Known:
    shutil.copytree(known.folder, folder, ignore=shutil.ignore_patterns("ballast"))
    return Known(folder, known.key, known.readings, known.truth, known.blobs)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS], ids=["full", "read-only"])
@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
def test_every_write_of_every_act_may_fail(own: Known, tmp_path: Path, act: Act, code: int) -> None:
    """The calls of Python are made to fail, the first, the second, ... until the act needs no more of them."""
    told = 0
    with own.attach().vault as vault:
        library = Library(vault, "ada")
        for calls in count():
            assert calls < MOST_WRITES
            source_of(tmp_path, calls)
            with failing_after(calls, code) as failed:
                try:
                    act(library, tmp_path, calls)
                except MedStationError as error:
                    told += 1
                    assert error.hint, error.message
                    assert isinstance(error, StorageFull) == (code == errno.ENOSPC), error.message
            if not failed[0]:
                break
            act(library, tmp_path, calls)
        assert_nothing_is_lost(own, library)
        report = vault.check(deep=True)
        assert report.problems == ()
        assert vault.check().cleaned == ()
    assert told or act in (make_dataset, predict, unlock), "those write by the database alone"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, whose size can be changed, where this account may make one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    try:
        made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300m", "tmpfs", folder], capture_output=True)
    except OSError as error:
        pytest.skip(f"no small disk can be made here: {error}")
    if made.returncode:
        pytest.skip(f"no small disk can be made here: {made.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def remount(disk: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", disk], check=True)


@pytest.fixture
def on_small_disk(known: Known, small_disk: Path) -> Known:
    """A copy of the vault on the small disk."""
    return copied(known, small_disk / "vault")


@pytest.mark.parametrize("act", ACTS[:-1], ids=lambda act: act.__name__)
def test_every_page_of_a_really_full_disk_may_be_the_last(
    on_small_disk: Known, small_disk: Path, tmp_path: Path, act: Act
) -> None:
    """The disk is made larger page by page until the act has room; the database's own writes fail too."""
    told = 0
    scratch = small_disk if act is make_backup else tmp_path
    with on_small_disk.attach().vault as vault:
        library = Library(vault, "ada")
        for number in range(MOST_WRITES):
            source_of(scratch, number)
            used = shutil.disk_usage(small_disk).used
            remount(small_disk, f"size={used + number * ROOM.get(act, PAGE)}")
            full = False
            try:
                act(library, scratch, number)
            except MedStationError as error:
                full = True
                assert isinstance(error, StorageFull), error.message
            assert_nothing_is_lost(on_small_disk, library)
            remount(small_disk, "size=300m")
            if not full:
                break
            told += 1
            act(library, scratch, number)
        report = vault.check(deep=True)
        assert report.problems == ()
        assert not full
        assert told


def test_a_really_read_only_disk_is_told_and_work_goes_on_when_it_is_writable(
    on_small_disk: Known, small_disk: Path, tmp_path: Path
) -> None:
    remount(small_disk, "ro")
    with pytest.raises(MedStationError) as told, on_small_disk.attach().vault as vault:
        label(Library(vault, "ada"), tmp_path, 1)
    assert told.value.hint
    remount(small_disk, "rw")
    with on_small_disk.attach().vault as vault:
        library = Library(vault, "ada")
        assert_nothing_is_lost(on_small_disk, library)
        for act in ACTS:
            act(library, tmp_path, 1)
        assert vault.check(deep=True).ok
