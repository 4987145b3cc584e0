"""Vaults of every version that was released still open, and nothing is lost on the way to the newest form.

released/*.zip were made by the version in their name: one passphrase, table `things`, three blobs.
"""

from __future__ import annotations

import errno
import json
import os
import zipfile
from pathlib import Path

import pytest
from test_vault_faults import failing_from
from vault_fixtures import PASSPHRASE, keep, m001_things

from medstation.api import Refused, StorageFull, VaultLocked
from medstation.vault import ADMINISTRATOR, Person, Transaction, Vault
from medstation.vault.database import Database
from medstation.vault.keys import SubKeys
from medstation.vault.old_databases import keep_copy

RELEASED = Path(__file__).parent / "released"


@pytest.fixture(params=sorted(path.stem for path in RELEASED.glob("*.zip")))
def old(request: pytest.FixtureRequest, folder: Path) -> Path:
    folder.mkdir()
    with zipfile.ZipFile(RELEASED / f"{request.param}.zip") as archive:
        archive.extractall(folder)
    return folder


def test_an_old_vault_opens_with_everything_in_it(old: Path) -> None:
    for _ in range(2):
        with Vault.open(old, PASSPHRASE) as vault:
            vault.migrate("things", [m001_things])
            assert vault.user == Person("owner", ADMINISTRATOR)
            with vault.read() as reader:
                things = reader.all("SELECT name, blob FROM things ORDER BY id")
            assert [thing["name"] for thing in things] == ["thing 0", "thing 1", "thing 2"]
            assert [len(vault.blobs.read(thing["blob"])) for thing in things] == [3000, 1001, 1002]
            assert vault.check(deep=True).ok
    assert json.loads((old / "vault.json").read_text())["version"] == 2


def test_the_old_header_is_kept_until_the_next_change(old: Path) -> None:
    """Longer would be too long: a passphrase that was changed would still open it."""
    before = (old / "vault.json").read_bytes()
    with Vault.open(old, PASSPHRASE) as vault:
        kept = old / "vault.json.format-1"
        assert kept.read_bytes() == before
        vault.people.change_passphrase(PASSPHRASE, "another")
        assert not kept.exists()
    (old / "vault.json").write_bytes(before)
    with pytest.raises(Refused, match="older"):
        Vault.open(old, PASSPHRASE)


def test_an_old_vault_is_closed_to_a_wrong_passphrase(old: Path) -> None:
    before = (old / "vault.json").read_bytes()
    with pytest.raises(VaultLocked):
        Vault.open(old, "guess")
    assert (old / "vault.json").read_bytes() == before


def test_a_worker_brings_an_old_vault_up_to_date_as_well(old: Path) -> None:
    with Vault.open(old, PASSPHRASE) as vault:
        key = vault.key
    with Vault.attach(old, key, "owner") as worker:
        assert worker.people.all() == [Person("owner", ADMINISTRATOR)]


def m002_colour(tx: Transaction) -> None:
    tx.execute("ALTER TABLE things ADD COLUMN colour TEXT NOT NULL DEFAULT 'grey'")


def m003_wrong(tx: Transaction) -> None:
    tx.execute("DELETE FROM things")
    raise RuntimeError("a step with a fault")


def test_before_an_old_database_changes_a_copy_is_kept(old: Path) -> None:
    with Vault.open(old, PASSPHRASE) as vault:
        key = vault.key
    (kept,) = (old / "before").iterdir()
    assert kept.name.endswith("-vault-m003_facts.db")
    assert kept.stat().st_mode & 0o077 == 0
    (old / "vault.db").write_bytes(kept.read_bytes())  # the way back
    with Vault.attach(old, key, "owner") as vault:
        with vault.read() as reader:
            assert len(reader.all("SELECT name FROM things")) == 3
        assert "older database" in " ".join(vault.audit.verify().problems)


def test_a_step_that_fails_changes_nothing(vault: Vault) -> None:
    keep(vault, b"x")
    with pytest.raises(RuntimeError, match="fault"):
        vault.migrate("things", [m001_things, m002_colour, m003_wrong])
    with vault.read() as reader:
        assert [row["name"] for row in reader.all("SELECT * FROM things")] == ["thing"]
        assert "colour" not in reader.all("SELECT * FROM things")[0].keys()  # noqa: SIM118
    assert len(list((vault.folder / "before").iterdir())) == 1


def test_the_copy_is_of_the_moment_before_the_change(vault: Vault) -> None:
    keep(vault, b"x", "before")
    vault.migrate("things", [m001_things, m002_colour])
    keep(vault, b"y", "after")
    (kept,) = (vault.folder / "before").iterdir()
    (vault.folder.parent / "vault.db").write_bytes(kept.read_bytes())
    with Database(vault.folder.parent, SubKeys.of(vault.key, vault.id).database).connection() as connection:
        assert [row["name"] for row in connection.execute("SELECT * FROM things")] == ["before"]


def test_a_new_vault_and_a_new_room_need_no_copy(vault: Vault) -> None:
    vault.migrate("other", [m_other])
    assert not (vault.folder / "before").exists()


def m_other(tx: Transaction) -> None:
    tx.execute("CREATE TABLE others (id INTEGER PRIMARY KEY)")


def test_without_space_for_the_copy_the_old_form_stays(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(vault, b"x")
    with monkeypatch.context() as patch, pytest.raises(StorageFull):
        patch.setattr(os, "replace", failing_from("replace", 0, errno.ENOSPC))
        patch.setattr(os, "fsync", failing_from("fsync", 0, errno.ENOSPC))
        vault.migrate("things", [m001_things, m002_colour])
    assert list((vault.folder / "before").iterdir()) == []
    vault.migrate("things", [m001_things, m002_colour])


def test_only_the_newest_copies_stay(vault: Vault) -> None:
    names = [keep_copy(vault, "things", f"step {number}").name for number in range(5)]
    assert sorted(path.name for path in (vault.folder / "before").iterdir()) == names[-3:]
