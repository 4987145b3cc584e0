"""A write is whole or absent, with its audit entry; several threads and processes may write."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlcipher3 import dbapi2
from vault_fixtures import PASSPHRASE, keep, m001_things, place

from medstation.api import Refused, VaultLocked
from medstation.vault import Transaction, Vault


def names(vault: Vault) -> list[str]:
    with vault.read() as reader:
        return [row["name"] for row in reader.all("SELECT name FROM things ORDER BY id")]


def test_what_was_written_is_there_with_its_audit_entry(vault: Vault) -> None:
    with vault.write("ada", "thing.add", detail={"why": "test"}) as tx:
        tx.subject = f"thing {tx.insert('things', name='one')}"
    entry = vault.audit.entries(1)[0]
    assert names(vault) == ["one"]
    assert (entry.actor, entry.action, entry.subject, entry.detail) == ("ada", "thing.add", "thing 1", {"why": "test"})


def test_a_failed_write_leaves_nothing_and_its_blob_can_be_kept_later(vault: Vault) -> None:
    before = vault.audit.entries()
    pending = vault.blobs.put(b"data")
    with pytest.raises(KeyError), vault.write("ada", "thing.add") as tx:
        tx.insert("things", name="one", blob=tx.keep(pending))
        raise KeyError
    assert names(vault) == []
    assert vault.audit.entries() == before
    with vault.write("ada", "thing.add") as tx:
        tx.keep(pending)
    assert vault.blobs.read(pending.id) == b"data"


def test_a_dropped_blob_is_gone_and_one_whose_drop_failed_is_not(vault: Vault) -> None:
    blob = keep(vault, b"data")
    with pytest.raises(KeyError), vault.write("ada", "drop") as tx:
        tx.execute("DELETE FROM things")
        tx.drop(blob)
        raise KeyError
    assert vault.blobs.read(blob) == b"data"
    with vault.write("ada", "drop") as tx:
        tx.execute("DELETE FROM things")
        tx.drop(blob)
    assert not place(vault, blob).exists()
    assert vault.check().ok


def test_a_blob_in_use_cannot_be_dropped(vault: Vault) -> None:
    blob = keep(vault, b"data")
    with pytest.raises(dbapi2.IntegrityError), vault.write("ada", "drop") as tx:
        tx.drop(blob)
    assert vault.blobs.read(blob) == b"data"


def test_a_read_inside_a_write_sees_what_was_written(vault: Vault) -> None:
    with vault.write("ada", "thing.add") as tx:
        tx.insert("things", name="one")
        assert names(vault) == ["one"]


def test_a_read_sees_one_moment(vault: Vault) -> None:
    with vault.read() as reader:
        assert reader.all("SELECT * FROM things") == []
        keep(vault, b"data")
        assert reader.all("SELECT * FROM things") == []
    assert names(vault) == ["thing"]


def test_a_write_inside_a_write_is_a_bug_that_is_told(vault: Vault) -> None:
    with pytest.raises(RuntimeError), vault.write("ada", "one"), vault.write("ada", "two"):
        pass


def test_many_threads_write_and_read(vault: Vault) -> None:
    def work(name: str) -> None:
        for number in range(10):
            keep(vault, name.encode(), f"{name}{number}")
            names(vault)

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(names(vault)) == sorted(f"{name}{number}" for name in "abcd" for number in range(10))
    assert vault.check(deep=True).ok


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from vault_fixtures import keep
from medstation.vault import Vault
vault = Vault.attach(Path(sys.argv[1]), bytes.fromhex(sys.stdin.readline()), "owner")
for number in range(15):
    keep(vault, b"x" * 1000, f"{sys.argv[2]}{number}")
vault.close()
"""


def test_two_processes_write_to_one_vault(vault: Vault) -> None:
    command = [sys.executable, "-c", WRITER, str(vault.folder)]
    here = str(Path(__file__).parent)
    writers = [subprocess.Popen([*command, name, here], stdin=subprocess.PIPE, text=True) for name in "ab"]
    for writer in writers:
        assert writer.stdin
        writer.stdin.write(vault.key.hex() + "\n")
        writer.stdin.close()
    for number in range(15):
        keep(vault, b"y", f"c{number}")
        assert not vault.check().cleaned  # nothing that another process is just storing is taken for a leftover
    assert [writer.wait() for writer in writers] == [0, 0]
    assert sorted(names(vault)) == sorted(f"{name}{number}" for name in "abc" for number in range(15))
    assert vault.check(deep=True).ok


def test_a_closed_vault_says_so(vault: Vault) -> None:
    vault.close()
    with pytest.raises(VaultLocked, match="closed"):
        names(vault)


def test_an_open_connection_is_closed_when_it_comes_back(vault: Vault) -> None:
    with vault.read() as reader:
        vault.close()
        assert reader.all("SELECT * FROM things") == []
    assert not (vault.folder / "vault.db-wal").exists()


def test_a_schema_step_runs_once(vault: Vault) -> None:
    keep(vault, b"x")
    vault.migrate("things", [m001_things])
    assert names(vault) == ["thing"]


def test_schema_steps_are_whole_or_absent(vault: Vault) -> None:
    def m002_more(tx: Transaction) -> None:
        tx.execute("ALTER TABLE things ADD COLUMN more TEXT")

    def m003_broken(tx: Transaction) -> None:
        raise KeyError

    with pytest.raises(KeyError):
        vault.migrate("things", [m001_things, m002_more, m003_broken])
    with vault.read() as reader:
        assert "more" not in [row["name"] for row in reader.all("PRAGMA table_info(things)")]
    vault.migrate("things", [m001_things, m002_more])
    assert vault.audit.entries(1)[0].detail == {"steps": ["m002_more"]}


def test_a_vault_of_a_newer_program_is_refused(vault: Vault) -> None:
    with pytest.raises(Refused, match="newer"):
        vault.migrate("things", [])


def test_what_was_stored_is_there_after_reopening(vault: Vault) -> None:
    blob = keep(vault, b"data")
    vault.close()
    with Vault.open(vault.folder, PASSPHRASE) as again:
        assert names(again) == ["thing"]
        assert again.blobs.read(blob) == b"data"
