"""A check repairs what can be repaired, and a full disk finds space held back."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from test_vault_faults import failing_from
from vault_fixtures import PASSPHRASE, keep, make, place

from medstation.api import Refused, StorageFull
from medstation.vault import Audit, Vault, back_up, mend
from medstation.vault.ballast import SIZE, Ballast


class Usage(NamedTuple):
    total: int
    used: int
    free: int


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """`disk[0]` is what the system says is free."""
    free = [1 << 40]
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1 << 40, 0, free[0]))
    return free


def ballast(vault: Vault) -> int:
    path = vault.folder / "ballast"
    return path.stat().st_size if path.exists() else -1


def fill_up(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch, pytest.raises(StorageFull):
        patch.setattr(os, "replace", failing_from("replace", 0, errno.ENOSPC))
        keep(vault, b"too much")


def test_a_vault_holds_space_back(vault: Vault) -> None:
    assert ballast(vault) == SIZE
    assert (vault.folder / "ballast").stat().st_blocks * 512 >= SIZE  # really taken, not only named


def test_on_a_full_disk_the_database_gets_it(vault: Vault, disk: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    blob = keep(vault, b"x")
    disk[0] = 0
    fill_up(vault, monkeypatch)
    assert ballast(vault) == 0
    with vault.write("ada", "label") as tx:
        tx.insert("things", name="a label")
    with pytest.raises(StorageFull, match="kept for the vault's database"):
        keep(vault, b"more")
    with vault.write("ada", "drop") as tx:
        tx.execute("UPDATE things SET blob = NULL")
        tx.drop(blob)
    assert not place(vault, blob).exists()


def test_a_vault_on_a_full_disk_opens_and_can_be_backed_up(
    vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database finds no room until the ballast is freed."""
    keep(vault, b"x")
    append = Audit.append

    def full_with_ballast(audit: Audit, *given: Any) -> Any:
        if ballast(vault) > 0:
            raise StorageFull("the disk is full")
        return append(audit, *given)

    with monkeypatch.context() as patch:
        patch.setattr(Audit, "append", full_with_ballast)
        with Vault.open(vault.folder, PASSPHRASE) as again:
            assert again.audit.entries(1)[0].action == "vault.unlock"
            assert back_up(again, tmp_path / "backup").problems == ()


def test_it_is_made_anew_when_there_is_room(vault: Vault, disk: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    disk[0] = 0
    fill_up(vault, monkeypatch)
    with Vault.attach(vault.folder, vault.key, "owner"):
        assert ballast(vault) == 0
    disk[0] = 1 << 30
    keep(vault, b"more")
    assert ballast(vault) == SIZE


def test_a_small_disk_does_without(folder: Path, disk: list[int]) -> None:
    disk[0] = 2 * SIZE
    with make(folder) as vault:
        assert ballast(vault) == -1
        keep(vault, b"x")
        disk[0] = 1 << 30
        vault.check()
        assert ballast(vault) == SIZE


def test_a_disk_that_fails_does_not_hinder(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    (vault.folder / "ballast").unlink()
    with monkeypatch.context() as patch:
        patch.setattr(os, "open", failing_from("open", 0, errno.EIO))
        assert not Ballast(vault.folder).ensure()
        Ballast(vault.folder).free()
    assert Ballast(vault.folder).ensure()


def test_a_blob_is_mended_from_a_backup(vault: Vault, tmp_path: Path) -> None:
    blobs = [keep(vault, bytes([number]) * 1000, f"thing {number}") for number in range(4)]
    back_up(vault, tmp_path / "backup")
    raw = bytearray(place(vault, blobs[0]).read_bytes())
    raw[-1] ^= 1
    place(vault, blobs[0]).write_bytes(raw)
    place(vault, blobs[1]).unlink()
    newer = keep(vault, b"newer")
    place(vault, newer).unlink()
    report = vault.check(deep=True)
    assert set(report.damaged) == {blobs[0], blobs[1], newer}
    assert set(mend(vault, report.damaged, tmp_path / "backup")) == {blobs[0], blobs[1]}
    assert [vault.blobs.read(blob)[0] for blob in blobs] == [0, 1, 2, 3]
    assert vault.check(deep=True).damaged == (newer,)
    acts = [entry for entry in vault.audit.entries() if entry.action == "vault.mend"]
    assert {entry.subject for entry in acts} == {blobs[0], blobs[1]}


def test_a_blob_that_is_broken_in_the_backup_too_is_left_as_it_is(vault: Vault, tmp_path: Path) -> None:
    blob = keep(vault, b"x" * 1000)
    raw = bytearray(place(vault, blob).read_bytes())
    raw[-1] ^= 1
    place(vault, blob).write_bytes(raw)
    back_up(vault, tmp_path / "backup")
    assert mend(vault, [blob], tmp_path / "backup") == []
    assert place(vault, blob).read_bytes() == raw


def test_another_vaults_backup_mends_nothing(vault: Vault, tmp_path: Path) -> None:
    with make(tmp_path / "other") as other:
        back_up(other, tmp_path / "backup")
    with pytest.raises(Refused, match="altered"):
        mend(vault, [], tmp_path / "backup")


def test_a_wrong_index_is_rebuilt(vault: Vault) -> None:
    for number in range(20):
        keep(vault, b"x", f"thing {number % 7}")
    with vault.write("", "") as tx:
        tx.execute("CREATE INDEX by_name ON things (name)")
        tx.execute("PRAGMA writable_schema = ON")
        tx.execute("UPDATE sqlite_master SET sql = 'CREATE INDEX by_name ON things (blob)' WHERE name = 'by_name'")
    vault.close()
    with Vault.attach(vault.folder, vault.key, "owner") as again:
        report = again.check()
        assert report.ok
        assert "rebuilt" in report.repaired[0]
        assert again.check().repaired == ()


@pytest.mark.skipif(os.name != "posix", reason="file modes")
def test_a_folder_open_to_others_is_closed(vault: Vault) -> None:
    vault.folder.chmod(0o755)
    assert "owner's alone" in vault.check().repaired[0]
    assert vault.folder.stat().st_mode & 0o077 == 0
