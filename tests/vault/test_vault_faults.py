"""Whatever fails or dies, what was stored stays, and work goes on after."""

from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from vault_fixtures import PASSPHRASE, keep, make, place

from medstation.api import MedStationError, Refused, StorageFull
from medstation.vault import Vault
from medstation.vault.blob_format import CHUNK

FILE_CALLS = ["write", "fsync", "open", "mkdir", "replace"]


def failing_from(call: str, count: int, code: int) -> Callable[..., Any]:
    """`os.<call>` that works `count` times and then fails, until it is put back."""
    real, left = getattr(os, call), [count]

    def fail(*args: Any, **named: Any) -> Any:
        if left[0] == 0:
            raise OSError(code, os.strerror(code))
        left[0] -= 1
        return real(*args, **named)

    return fail


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EROFS])
@pytest.mark.parametrize("call", FILE_CALLS)
def test_a_disk_that_fails_at_any_step_loses_nothing(
    vault: Vault, monkeypatch: pytest.MonkeyPatch, call: str, code: int
) -> None:
    stored = {keep(vault, b"before"): b"before"}
    failures = 0
    for count in range(12):
        data = bytes([count]) * (2 * CHUNK + 5)
        with monkeypatch.context() as patch:
            patch.setattr(os, call, failing_from(call, count, code))
            try:
                blob = keep(vault, data)
            except MedStationError as error:
                assert isinstance(error, StorageFull) == (code == errno.ENOSPC)
                assert error.hint
                failures += 1
                blob = ""
        if blob:
            stored[blob] = data
        stored[keep(vault, b"after")] = b"after"
        assert {blob: vault.blobs.read(blob) for blob in stored} == stored
    report = vault.check(deep=True)
    assert report.ok
    assert report.blobs == len(stored)
    vault.close()
    assert _files(vault) == set(stored)
    assert failures or call == "mkdir"


def _files(vault: Vault) -> set[str]:
    return {path.name for path in (vault.folder / "blobs").rglob("*") if path.is_file() and path.name != "lock"}


def test_a_full_database_is_told_and_goes_on_when_there_is_space(vault: Vault) -> None:
    keep(vault, b"before")
    with vault.read() as reader:
        pages = reader.one("PRAGMA page_count")
        assert pages
        reader.one(f"PRAGMA max_page_count = {pages[0]}")
    with pytest.raises(StorageFull), vault.write("ada", "fill") as tx:
        tx.insert("things", name="x" * 100_000)
    with vault.read() as reader:
        reader.one("PRAGMA max_page_count = 1000000")
    keep(vault, b"after")
    assert vault.check(deep=True).ok


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 3 MiB, where this account may make one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    try:
        made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", folder], capture_output=True)
    except OSError as error:
        pytest.skip(f"no small disk can be made here: {error}")
    if made.returncode:
        pytest.skip(f"no small disk can be made here: {made.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_really_full_disk_loses_nothing(small_disk: Path) -> None:
    stored = []
    with make(small_disk / "vault") as vault:
        with pytest.raises(StorageFull):
            for number in range(1000):
                stored.append((keep(vault, bytes([number % 256]) * 50_000), number))
        with pytest.raises(StorageFull):
            for _ in range(10_000):
                with vault.write("ada", "fill") as tx:
                    tx.insert("things", name="x" * 5_000)
        for blob, number in stored:
            assert vault.blobs.read(blob) == bytes([number % 256]) * 50_000
        assert vault.audit.verify().ok
        subprocess.run(["mount", "-o", "remount,size=20m", small_disk], check=True)
        keep(vault, b"after")
        assert vault.check(deep=True).ok


CRASH = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from vault_fixtures import keep
from medstation.vault import Vault
vault = Vault.attach(Path(sys.argv[1]), bytes.fromhex(sys.stdin.readline()), "owner")
call, left = sys.argv[3], [int(sys.argv[4])]
real = getattr(os, call)
def die(*args, **named):
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    left[0] -= 1
    return real(*args, **named)
for number in range(20):
    print(keep(vault, bytes([number]) * 600_000), flush=True)
    if number == 1:
        setattr(os, call, die)
"""


@pytest.mark.parametrize(("call", "count"), [("write", 2), ("fsync", 1), ("fsync", 4), ("replace", 1)])
def test_a_killed_process_loses_nothing_it_reported(folder: Path, call: str, count: int) -> None:
    with make(folder) as vault:
        key = vault.key.hex()
    arguments = [sys.executable, "-c", CRASH, str(folder), str(Path(__file__).parent), call, str(count)]
    child = subprocess.run(arguments, input=key + "\n", capture_output=True, text=True)
    assert child.returncode == -signal.SIGKILL, child.stderr
    stored = child.stdout.split()
    with Vault.open(folder, PASSPHRASE) as vault:
        report = vault.check(deep=True)
        assert report.ok
        assert report.blobs >= len(stored) >= 2
        assert [vault.blobs.read(blob)[0] for blob in stored] == list(range(len(stored)))
        assert len(_files(vault)) == report.blobs
        assert vault.check().cleaned == ()


def test_a_process_killed_at_a_random_moment_loses_nothing_it_reported(folder: Path) -> None:
    with make(folder) as vault:
        key = vault.key.hex()
    chance = random.Random(7)
    stored: list[str] = []
    for _ in range(6):
        arguments = [sys.executable, "-c", CRASH, str(folder), str(Path(__file__).parent), "getlogin", "0"]
        child = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert child.stdin and child.stdout
        child.stdin.write(key + "\n")
        child.stdin.flush()
        stored += [child.stdout.readline().strip() for _ in range(chance.randrange(1, 12))]
        child.kill()
        stored += child.stdout.read().split()
        child.wait()
        child.stdin.close()
        child.stdout.close()
        with Vault.open(folder, PASSPHRASE) as vault:
            assert vault.check(deep=True).ok
            assert all(vault.blobs.open(blob).size == 600_000 for blob in stored)


def test_leftovers_are_cleared_away_and_told(vault: Vault) -> None:
    blob = keep(vault, b"kept")
    orphan = place(vault, blob[:4] + "0" * 28)
    orphan.write_bytes(b"left by a process that died between renaming and committing")
    abandoned = vault.folder / "blobs" / "tmp" / "0123456789abcdef"
    abandoned.mkdir()
    (abandoned / "half").write_bytes(b"half a blob")
    report = vault.check()
    assert report.ok
    assert set(report.cleaned) == {"half", orphan.name}
    assert not orphan.exists()
    assert not abandoned.exists()
    assert vault.blobs.read(blob) == b"kept"


def test_what_another_open_vault_is_writing_is_not_cleared_away(vault: Vault) -> None:
    with Vault.attach(vault.folder, vault.key, "owner") as other:
        pending = other.blobs.put(b"not kept yet")
        assert vault.check().cleaned == ()
        with other.write("bob", "keep") as tx:
            tx.keep(pending)
    assert vault.blobs.read(pending.id) == b"not kept yet"


def test_damage_in_the_database_is_found(vault: Vault) -> None:
    for number in range(200):
        with vault.write("ada", "fill") as tx:
            tx.insert("things", name=f"{number}" * 500)
    vault.close()
    path = vault.folder / "vault.db"
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)
    with Vault.open(vault.folder, PASSPHRASE) as damaged:
        report = damaged.check()
    assert not report.ok
    assert "database" in report.problems[0]


def test_a_database_damaged_at_its_head_is_refused(vault: Vault) -> None:
    vault.close()
    path = vault.folder / "vault.db"
    path.write_bytes(b"x" * 100 + path.read_bytes()[100:])
    with pytest.raises(Refused, match="damaged"):
        Vault.open(vault.folder, PASSPHRASE)


def test_no_word_of_what_is_stored_stands_in_any_file(vault: Vault) -> None:
    canaries = [b"Canary^Patient", b"1.2.826.0.1.3680043.8.498", b"a note of the ward"]
    for canary in canaries:
        keep(vault, canary * 50, canary.decode())
    with vault.write("ada", "act", canaries[0].decode(), {"text": canaries[2].decode()}) as tx:
        tx.insert("things", name=canaries[1].decode() * 1000)
        unfinished = vault.blobs.writer()
        unfinished.write(canaries[1] * 100_000)
        everything = _contents(vault)
        assert any(path.name == "vault.db-wal" and data for path, data in everything.items())
        _assert_silent(everything, [*canaries, vault.key, vault.key.hex().encode(), PASSPHRASE.encode()])
    with unfinished:
        pass
    vault.close()
    _assert_silent(_contents(vault), canaries)


def _contents(vault: Vault) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in vault.folder.rglob("*") if path.is_file()}


def _assert_silent(files: dict[Path, bytes], canaries: list[bytes]) -> None:
    assert len(files) > 3
    for path, data in files.items():
        for canary in canaries:
            assert canary not in data, path
            assert canary.hex().encode() not in data, path
