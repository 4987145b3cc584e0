"""The vault's own tables, step by step. A step that was released is never changed; a new one is added."""

from __future__ import annotations

from medstation.vault.transaction import Migration, Transaction


def m001_audit(tx: Transaction) -> None:
    tx.execute(
        """CREATE TABLE audit (
            seq INTEGER PRIMARY KEY, at TEXT NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
            subject TEXT NOT NULL, detail TEXT NOT NULL, mac BLOB NOT NULL)"""
    )
    tx.execute("CREATE TABLE audit_head (seq INTEGER NOT NULL, mac BLOB NOT NULL, seal BLOB NOT NULL)")
    for verb in ("UPDATE", "DELETE"):
        tx.execute(
            f"""CREATE TRIGGER audit_no_{verb.lower()} BEFORE {verb} ON audit
                BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"""
        )


def m002_blobs(tx: Transaction) -> None:
    tx.execute(
        """CREATE TABLE blobs (
            id TEXT PRIMARY KEY, size INTEGER NOT NULL, sha256 TEXT NOT NULL, created TEXT NOT NULL) WITHOUT ROWID"""
    )


def m003_facts(tx: Transaction) -> None:
    """`header`: the revision of vault.json that was last in force, so that an older one put back is found.
    `signed_log`: 1 once the audit log's end was signed, so that a missing signature is no accident."""
    tx.execute("CREATE TABLE vault_facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID")
    for name in ("header", "signed_log"):
        tx.insert("vault_facts", name=name, value=0)


def m004_policies_and_connections(tx: Transaction) -> None:
    """`attempts`: the mark of the file of failed attempts that the last unlocking left (0: not known)."""
    tx.execute("CREATE TABLE policies (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID")
    tx.execute(
        """CREATE TABLE connections (
            host TEXT NOT NULL, port INTEGER NOT NULL, reason TEXT NOT NULL, since TEXT NOT NULL, author TEXT NOT NULL,
            UNIQUE (host, port))"""
    )
    tx.insert("vault_facts", name="attempts", value=0)


MIGRATIONS: tuple[Migration, ...] = (m001_audit, m002_blobs, m003_facts, m004_policies_and_connections)
