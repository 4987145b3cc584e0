"""The end of the audit log is signed: whatever was done to log or database behind the program's back is found."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from test_vault_audit import forge
from vault_fixtures import PASSPHRASE, make

from medstation.api import BadInput, WrongUsage
from medstation.vault import SignedHead, Vault, export_log
from medstation.vault.audit_head import Head, HeadFile, Signer


@pytest.fixture
def busy(vault: Vault) -> Vault:
    """A vault with some history: entries 4 to 12 are acts of Ada's."""
    for number in range(9):
        with vault.write("ada", "act", f"r-{number}", {"number": number}):
            pass
    return vault


def sql(*statements: str) -> Callable[[Vault], None]:
    def act(vault: Vault) -> None:
        for statement in statements:
            forge(vault, lambda tx, statement=statement: tx.execute(statement))  # type: ignore[misc]

    return act


def put_older_database_back(vault: Vault) -> None:
    vault.close()
    kept = vault.folder.parent / "older.db"
    shutil.copy(vault.folder / "vault.db", kept)
    with Vault.attach(vault.folder, vault.key, "owner") as again, again.write("ada", "act", "deleted everything"):
        pass
    shutil.copy(kept, vault.folder / "vault.db")


def cut_off_with_its_mark(vault: Vault) -> None:
    """What somebody with the vault's key could do: a shorter log that is right in itself."""
    with vault.read() as reader:
        row = reader.one("SELECT seq, mac FROM audit WHERE seq = 6")
    assert row
    mark = Head(row["seq"], row["mac"])
    seal = vault.audit._seal(mark)
    forge(vault, lambda tx: tx.execute("DELETE FROM audit WHERE seq > 6"))
    forge(vault, lambda tx: tx.execute("UPDATE audit_head SET seq = ?, mac = ?, seal = ?", mark.seq, mark.mac, seal))


def sign_with_another_key(vault: Vault) -> None:
    cut_off_with_its_mark(vault)
    path = vault.folder / "audit.head"
    path.unlink()
    with vault.read() as reader:
        row = reader.one("SELECT seq, mac FROM audit_head")
    assert row
    HeadFile(path, Signer(bytes(32), vault.info()["id"])).write(Head(row["seq"], row["mac"]))


COLUMNS = "at, actor, action, subject, detail, mac"
MANIPULATIONS: dict[str, Callable[[Vault], None]] = {
    "who": sql("UPDATE audit SET actor = 'eve' WHERE seq = 5"),
    "when": sql("UPDATE audit SET at = '2020-01-01T00:00:00.000+00:00' WHERE seq = 5"),
    "what": sql("UPDATE audit SET action = 'look' WHERE seq = 5"),
    "on which record": sql("UPDATE audit SET subject = 'r-99' WHERE seq = 5"),
    "details": sql("UPDATE audit SET detail = '{}' WHERE seq = 5"),
    "a value of another type": sql("UPDATE audit SET detail = x'00', mac = 'text' WHERE seq = 5"),
    "one deleted in the middle": sql("DELETE FROM audit WHERE seq = 6"),
    "the first deleted": sql("DELETE FROM audit WHERE seq = 1"),
    "the last deleted": sql("DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)"),
    "the end cut off with its mark": cut_off_with_its_mark,
    "one inserted": sql(
        "UPDATE audit SET seq = -seq WHERE seq > 6",
        f"INSERT INTO audit (seq, {COLUMNS}) SELECT 7, {COLUMNS} FROM audit WHERE seq = 5",
        "UPDATE audit SET seq = 1 - seq WHERE seq < 0",
    ),
    "two swapped": sql(
        "UPDATE audit SET seq = -1 WHERE seq = 5",
        "UPDATE audit SET seq = 5 WHERE seq = 6",
        "UPDATE audit SET seq = 6 WHERE seq = -1",
    ),
    "the last once more": sql(
        f"INSERT INTO audit (seq, {COLUMNS}) SELECT seq + 1, {COLUMNS} FROM audit ORDER BY seq DESC LIMIT 1",
        "UPDATE audit_head SET seq = seq + 1",
    ),
    "an older database put back": put_older_database_back,
    "the signed end removed": lambda vault: (vault.folder / "audit.head").unlink(),
    "the signed end spoilt": lambda vault: (vault.folder / "audit.head").write_bytes(bytes(1024)) and None,
    "the key swapped": sign_with_another_key,
}


@pytest.mark.parametrize("manipulate", MANIPULATIONS.values(), ids=MANIPULATIONS.keys())
def test_every_manipulation_is_found_then_and_later(busy: Vault, manipulate: Callable[[Vault], None]) -> None:
    assert busy.audit.verify().ok
    manipulate(busy)
    busy.close()
    for _ in range(2):  # work going on must not hide it
        with Vault.open(busy.folder, PASSPHRASE) as vault:
            report = vault.audit.verify()
            assert not report.ok
            assert all(report.problems)
            assert vault.audit.entries(100)
            with vault.write("ada", "act"):
                pass


def test_an_untouched_log_stays_sound_over_openings(busy: Vault) -> None:
    busy.close()
    for _ in range(3):
        with Vault.open(busy.folder, PASSPHRASE) as vault:
            assert vault.audit.verify().problems == ()


def test_a_crash_between_commit_and_signature_is_no_alarm(busy: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(type(busy.audit), "sign", lambda *_: None)
        for _ in range(3):
            with busy.write("ada", "act"):
                pass
    assert busy.audit.verify().ok
    busy.close()
    with Vault.open(busy.folder, PASSPHRASE) as vault:
        assert vault.audit.verify().ok


@pytest.mark.parametrize("length", [0, 50, 104, 511, 512, 600])
def test_a_signature_torn_by_a_power_cut_is_no_alarm(busy: Vault, length: int) -> None:
    """One of the two records is whole, whichever was being written."""
    path = busy.folder / "audit.head"
    raw = path.read_bytes()
    newer, older = (raw[:104], raw[512:616]) if raw[:8] > raw[512:520] else (raw[512:616], raw[:104])
    torn = bytearray(raw)
    torn[raw.index(newer) : raw.index(newer) + 104] = newer[: length % 104].ljust(104, b"\0")
    assert older in torn
    path.write_bytes(torn)
    assert busy.audit.verify().ok


def test_a_witness_kept_elsewhere_finds_a_whole_older_vault(busy: Vault, tmp_path: Path) -> None:
    busy.close()
    shutil.copytree(busy.folder, tmp_path / "older")
    with Vault.open(busy.folder, PASSPHRASE) as vault:
        witness = SignedHead.from_json(json.loads(json.dumps(vault.audit.signed_head().to_json())))
        assert vault.audit.verify(witness).ok
    with Vault.attach(tmp_path / "older", busy.key, "owner") as older:
        assert older.audit.verify().ok
        assert "was signed" in older.audit.verify(witness).problems[0]


def test_a_witness_of_another_vault_is_told(busy: Vault, tmp_path: Path) -> None:
    with make(tmp_path / "other") as other:
        problems = busy.audit.verify(other.audit.signed_head()).problems
    assert "not signed by this vault" in problems[0]


def test_two_programs_write_and_the_log_stays_sound(busy: Vault) -> None:
    with Vault.attach(busy.folder, busy.key, "owner") as other:
        for number in range(10):
            with (busy, other)[number % 2].write("ada", "act"):
                pass
        assert busy.audit.verify().ok
        assert other.audit.verify().ok


def test_the_log_is_exported_whole(busy: Vault, tmp_path: Path) -> None:
    with busy.write("=cmd()", "act", "+1", {"a": "ü"}):
        pass
    told = export_log(busy, tmp_path / "log.json")
    data = json.loads((tmp_path / "log.json").read_text("utf-8"))
    assert len(data["entries"]) == told["entries"] == busy.audit.verify().entries
    assert data["entries"][-1]["action"] == "audit.export"
    assert busy.audit.verify(SignedHead.from_json(data["head"])).ok
    export_log(busy, tmp_path / "log.csv")
    with (tmp_path / "log.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == told["entries"] + 1
    row = next(row for row in rows if row["subject"] == "'+1")
    assert row["actor"] == "'=cmd()"  # a spreadsheet would run it
    assert json.loads(row["detail"]) == {"a": "ü"}


def test_an_export_overwrites_nothing(busy: Vault, tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("mine")
    with pytest.raises(BadInput, match="exists already"):
        export_log(busy, tmp_path / "log.csv")
    assert (tmp_path / "log.csv").read_text() == "mine"
    with pytest.raises(WrongUsage, match=r"neither \.csv nor \.json"):
        export_log(busy, tmp_path / "log.txt")
