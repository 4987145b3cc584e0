"""Who did what, when, to what: an append-only chain in which every entry vouches for all before it."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from medstation.api import Json
from medstation.vault.clock import now
from medstation.vault.database import Row
from medstation.vault.transaction import Reader, Transaction

_BEGIN = bytes(32)


@dataclass(frozen=True)
class AuditEntry:
    """`at` is UTC, ISO 8601; the order is `seq`, not the clock, which can be set back."""

    seq: int
    at: str
    actor: str
    action: str
    subject: str
    detail: Json


@dataclass(frozen=True)
class AuditReport:
    """What `verify` found: `entries` read, and what does not fit."""

    ok: bool
    entries: int
    problems: tuple[str, ...]


class Audit:
    """The log. Entries are written by `Vault.write`, in the transaction of the act itself."""

    def __init__(self, read: Callable[[], AbstractContextManager[Reader]], key: bytes) -> None:
        self._read = read
        self._key = key

    def append(self, tx: Transaction, actor: str, action: str) -> None:
        head = tx.one("SELECT seq, mac FROM audit_head")
        seq, last = (int(head["seq"]), bytes(head["mac"])) if head else (0, _BEGIN)
        detail = json.dumps(tx.detail, sort_keys=True, ensure_ascii=False)
        facts = (seq + 1, now(), actor, action, tx.subject, detail)
        mac = self._mac(last, facts)
        tx.execute(
            "INSERT INTO audit (seq, at, actor, action, subject, detail, mac) VALUES (?,?,?,?,?,?,?)", *facts, mac
        )
        tx.execute("DELETE FROM audit_head")
        tx.insert("audit_head", seq=seq + 1, mac=mac, seal=self._seal(seq + 1, mac))

    def entries(self, limit: int = 100, newest_first: bool = True) -> list[AuditEntry]:
        order = "DESC" if newest_first else "ASC"
        with self._read() as reader:
            rows = reader.all(f"SELECT * FROM audit ORDER BY seq {order} LIMIT ?", limit)
        return [_entry(row) for row in rows]

    def verify(self) -> AuditReport:
        """Recompute the chain: an entry changed, removed, added or moved is found, also at the end."""
        problems: list[str] = []
        last, seq = _BEGIN, 0
        with self._read() as reader:
            for row in reader.each("SELECT * FROM audit ORDER BY seq"):
                if row["seq"] != seq + 1:
                    problems.append(f"entries {seq + 1} to {row['seq'] - 1} are missing")
                facts = (row["seq"], row["at"], row["actor"], row["action"], row["subject"], row["detail"])
                if not hmac.compare_digest(self._mac(last, facts), bytes(row["mac"])):
                    problems.append(f"entry {row['seq']} ({row['action']}) does not fit the one before it")
                last, seq = bytes(row["mac"]), int(row["seq"])
            head = reader.one("SELECT seq, mac, seal FROM audit_head")
            entries = reader.one("SELECT count(*) FROM audit")
        problems += self._head_problems(head, seq, last)
        return AuditReport(not problems, int(entries[0]) if entries else 0, tuple(problems))

    def _head_problems(self, head: Row | None, seq: int, last: bytes) -> list[str]:
        if head is None:
            return ["the log's end mark is missing"] if seq else []
        if not hmac.compare_digest(self._seal(head["seq"], bytes(head["mac"])), bytes(head["seal"])):
            return ["the log's end mark was altered"]
        if (head["seq"], bytes(head["mac"])) != (seq, last):
            return [f"the log ends at entry {seq}, but entry {head['seq']} was written"]
        return []

    def _mac(self, last: bytes, facts: tuple[int, str, str, str, str, str]) -> bytes:
        return hmac.digest(self._key, last + json.dumps(facts, ensure_ascii=False).encode(), "sha256")

    def _seal(self, seq: int, mac: bytes) -> bytes:
        return hmac.digest(self._key, b"end" + seq.to_bytes(8, "big") + mac, "sha256")


def _entry(row: Row) -> AuditEntry:
    detail: Json = json.loads(row["detail"])
    return AuditEntry(row["seq"], row["at"], row["actor"], row["action"], row["subject"], detail)
