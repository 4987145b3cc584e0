"""The audit log can only grow, and any change of it is found."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlcipher3 import dbapi2

from medstation.vault import Transaction, Vault


@pytest.fixture
def busy(vault: Vault) -> Vault:
    """A vault with some history."""
    for number in range(5):
        with vault.write("ada", "act", f"r-{number}", {"number": number, "name": "Zoë"}):
            pass
    return vault


def forge(vault: Vault, act: Callable[[Transaction], object]) -> None:
    """What somebody with the key could do behind the program's back."""
    with vault.write("", "") as tx:
        tx.execute("DROP TRIGGER IF EXISTS audit_no_update")
        tx.execute("DROP TRIGGER IF EXISTS audit_no_delete")
        act(tx)


def test_an_untouched_log_is_verified(busy: Vault) -> None:
    report = busy.audit.verify()
    assert report.ok
    assert report.entries == len(busy.audit.entries(1000))
    assert busy.audit.entries(2, newest_first=False)[0].seq == 1


@pytest.mark.parametrize(
    "sql", ["UPDATE audit SET actor = 'eve'", "DELETE FROM audit", "INSERT OR REPLACE INTO audit SELECT * FROM audit"]
)
def test_the_log_cannot_be_changed(busy: Vault, sql: str) -> None:
    with pytest.raises(dbapi2.IntegrityError, match="append-only"), busy.write("", "") as tx:
        tx.execute(sql)


@pytest.mark.parametrize("column", ["at", "actor", "action", "subject", "detail"])
def test_an_edited_entry_is_found(busy: Vault, column: str) -> None:
    forge(busy, lambda tx: tx.execute(f"UPDATE audit SET {column} = 'x' WHERE seq = 5"))
    report = busy.audit.verify()
    assert not report.ok
    assert "entry 5" in report.problems[0]
    assert any("audit log" in problem for problem in busy.check().problems)


FORGERIES = {
    "removed": "DELETE FROM audit WHERE seq = 5",
    "cut off at the end": "DELETE FROM audit WHERE seq > 6",
    "emptied": "DELETE FROM audit",
    "added": "INSERT INTO audit SELECT 100, at, actor, action, subject, detail, mac FROM audit WHERE seq = 5",
    "swapped": "UPDATE audit SET subject = CASE seq WHEN 5 THEN 'r-3' ELSE 'r-2' END WHERE seq IN (5, 6)",
    "moved": "UPDATE audit SET seq = 99 WHERE seq = 5",
    "resealed": "UPDATE audit SET mac = (SELECT mac FROM audit WHERE seq = 4) WHERE seq = 5",
    "end mark removed": "DELETE FROM audit_head",
    "end mark moved": "UPDATE audit_head SET seq = 6, mac = (SELECT mac FROM audit WHERE seq = 6)",
}


@pytest.mark.parametrize("sql", FORGERIES.values(), ids=FORGERIES.keys())
def test_a_forgery_is_found(busy: Vault, sql: str) -> None:
    forge(busy, lambda tx: tx.execute(sql))
    assert not busy.audit.verify().ok


def test_bookkeeping_leaves_no_entry(busy: Vault) -> None:
    before = busy.audit.entries(1000)
    with busy.write("ada", "") as tx:
        tx.insert("things", name="x")
    assert busy.audit.entries(1000) == before
