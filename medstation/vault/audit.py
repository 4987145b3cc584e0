"""Who did what, when, to what: an append-only chain in which every entry vouches for all before it."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from medstation.api import Json
from medstation.vault.audit_head import MAC_BYTES, Head, HeadFile, SignedHead
from medstation.vault.clock import now
from medstation.vault.database import Row
from medstation.vault.transaction import Reader, Transaction

BROKEN = "audit.broken"
"""An entry that tells what was found wrong with the log's end when the vault was opened."""
_BEGIN = bytes(MAC_BYTES)


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

    def __init__(self, read: Callable[[], AbstractContextManager[Reader]], key: bytes, heads: HeadFile) -> None:
        self._read = read
        self._key = key
        self._heads = heads

    def append(self, tx: Transaction, actor: str, action: str) -> Head:
        """Write the act's entry; what comes back goes to `sign` once it is committed."""
        last = _end(tx)
        detail = json.dumps(tx.detail, sort_keys=True, ensure_ascii=False)
        facts = (_next(tx, last), now(), actor, action, tx.subject, detail)
        head = Head(facts[0], self._mac(last.mac, facts))
        tx.execute(
            "INSERT INTO audit (seq, at, actor, action, subject, detail, mac) VALUES (?,?,?,?,?,?,?)", *facts, head.mac
        )
        tx.execute("DELETE FROM audit_head")
        tx.insert("audit_head", seq=head.seq, mac=head.mac, seal=self._seal(head))
        return head

    def sign(self, head: Head) -> None:
        """Write the signed end, after the commit."""
        self._heads.write(head)

    def signed_head(self) -> SignedHead:
        """The log's end as it is now, to be kept elsewhere as a witness."""
        with self._read() as reader:
            return self._heads.signer.sign(_end(reader))

    def entries(self, limit: int = 100, newest_first: bool = True) -> list[AuditEntry]:
        order = "DESC" if newest_first else "ASC"
        with self._read() as reader:
            rows = reader.all(f"SELECT * FROM audit ORDER BY seq {order} LIMIT ?", limit)
        return [_entry(row) for row in rows]

    def each(self) -> Iterator[AuditEntry]:
        """All entries, oldest first, one at a time."""
        with self._read() as reader:
            yield from map(_entry, reader.each("SELECT * FROM audit ORDER BY seq"))

    def verify(self, witness: SignedHead | None = None) -> AuditReport:
        """Recompute the chain: an entry changed, removed, added or moved is found, also at the end, and an older
        database put back. `witness` is a signed end that was kept elsewhere."""
        signed = self._heads.read()  # before the database: it never leads, whatever others write meanwhile
        problems = [] if signed else ["the log's signed end is missing or was altered"]
        with self._read() as reader:
            entries, found = self._chain_problems(reader)
            problems += found
            problems += _signed_problems(reader, signed) if signed else []
            problems += self._witness_problems(reader, witness) if witness else []
        return AuditReport(not problems, entries, tuple(problems))

    def end_problem(self) -> str:
        """What is wrong with the log's end, at a glance ("": nothing): for each opening."""
        signed = self._heads.read()
        if signed is None:
            return "the log's signed end is missing or was altered"
        with self._read() as reader:
            return "; ".join(_signed_problems(reader, signed))

    def accept_end(self) -> None:
        """Sign the end there is, whatever stood there: once that was told in the log, or where nothing was signed."""
        with self._read() as reader:
            self._heads.start_again(_end(reader))

    def _chain_problems(self, reader: Reader) -> tuple[int, list[str]]:
        problems: list[str] = []
        last, seq, entries = _BEGIN, 0, 0
        for row in reader.each("SELECT * FROM audit ORDER BY seq"):
            if row["seq"] != seq + 1:
                problems.append(f"entries {seq + 1} to {row['seq'] - 1} are missing")
            facts = tuple(row[name] for name in ("seq", "at", "actor", "action", "subject", "detail"))
            if not hmac.compare_digest(self._mac(last, facts), _bytes(row["mac"])):
                problems.append(f"entry {row['seq']} ({row['action']}) does not fit the one before it")
            elif row["action"] == BROKEN:
                problems.append(f"entry {row['seq']} tells of {row['at']}: {_entry(row).detail.get('found', '')}")
            last, seq, entries = _bytes(row["mac"]), int(row["seq"]), entries + 1
        return entries, problems + self._mark_problems(reader, Head(seq, last))

    def _mark_problems(self, reader: Reader, last: Head) -> list[str]:
        row = reader.one("SELECT seq, mac, seal FROM audit_head")
        if row is None:
            return ["the log's end mark is missing"] if last.seq else []
        mark = Head(row["seq"], _bytes(row["mac"]))
        if not hmac.compare_digest(self._seal(mark), _bytes(row["seal"])):
            return ["the log's end mark was altered"]
        if mark != last:
            return [f"the log ends at entry {last.seq}, but entry {mark.seq} was written"]
        return []

    def _witness_problems(self, reader: Reader, witness: SignedHead) -> list[str]:
        if not self._heads.signer.is_genuine(witness):
            return ["the signed end given to compare with was not signed by this vault"]
        return _signed_problems(reader, witness.head)

    def _mac(self, last: bytes, facts: tuple[Any, ...]) -> bytes:
        text = json.dumps(facts, ensure_ascii=False, default=repr)  # a forger may have put anything into a column
        return hmac.digest(self._key, last + text.encode(), "sha256")

    def _seal(self, head: Head) -> bytes:
        return hmac.digest(self._key, b"end" + head.seq.to_bytes(8, "big") + head.mac, "sha256")


def guard_end(audit: Audit, write: Callable[..., AbstractContextManager[Transaction]]) -> None:
    """At each opening: compare the log's end with the signed one; what is wrong becomes an entry that stays.

    Otherwise the entries to come would grow past the signed end and hide that some are gone.
    """
    problem = audit.end_problem()
    if problem:
        with write("medstation", BROKEN, detail={"found": problem}):
            pass
        audit.accept_end()


def _signed_problems(reader: Reader, signed: Head) -> list[str]:
    last = _end(reader)
    if signed.seq > last.seq:
        return [
            f"the log ends at entry {last.seq}, but entry {signed.seq} was signed: "
            "its end was cut off, or an older database was put back"
        ]
    row = reader.one("SELECT mac FROM audit WHERE seq = ?", signed.seq)
    if signed.seq and (row is None or _bytes(row["mac"]) != signed.mac):
        return [f"entry {signed.seq} is not the one that was signed"]
    return []


def _end(reader: Reader) -> Head:
    row: Row | None = reader.one("SELECT seq, mac FROM audit_head")
    return Head(int(row["seq"]), _bytes(row["mac"])) if row else Head(0, _BEGIN)


def _next(reader: Reader, last: Head) -> int:
    """A free number, also where somebody forged entries after the last: work goes on, and `verify` tells."""
    row = reader.one("SELECT max(seq) FROM audit")
    return max(last.seq, int((row and row[0]) or 0)) + 1


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else b""


def _entry(row: Row) -> AuditEntry:
    try:
        detail: Json = json.loads(row["detail"])
    except (ValueError, TypeError):  # forged, which `verify` tells; the log must still be readable
        detail = {"unreadable": repr(row["detail"])}
    return AuditEntry(row["seq"], row["at"], row["actor"], row["action"], row["subject"], detail)
