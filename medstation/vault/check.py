"""Looking for damage, and clearing away what interrupted writes left.

A blob gets its lasting name only inside a write transaction (`Transaction.keep`), and its row is in the same
transaction. So whoever holds the write transaction can tell an orphan for certain: a file in place without a row was
left by a process that died between renaming and committing. No age and no process number has to be guessed.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlcipher3 import dbapi2

from medstation.api import MedStationError, Refused
from medstation.vault.faults import disk_faults
from medstation.vault.transaction import Reader

if TYPE_CHECKING:
    from medstation.vault.vault import Vault


@dataclass(frozen=True)
class CheckReport:
    """What a check found. `problems` are damage, one line each; `damaged` the blobs concerned; `cleaned` are leftovers
    of interrupted writes that were removed (nothing that was ever stored); `repaired` is damage that is no more."""

    ok: bool
    blobs: int
    problems: tuple[str, ...]
    damaged: tuple[str, ...] = ()
    cleaned: tuple[str, ...] = ()
    repaired: tuple[str, ...] = ()


def check(vault: Vault, deep: bool) -> CheckReport:
    repaired = _narrow(vault)
    try:
        problems = _database_problems(vault)
        if any("index" in problem for problem in problems) and _rebuild_indexes(vault):
            repaired += ["the database's indexes were wrong and are rebuilt"]
            problems = _database_problems(vault)
        problems += [f"audit log: {problem}" for problem in vault.audit.verify().problems]
        with vault.read() as reader:
            sizes = {row["id"]: row["size"] for row in reader.all("SELECT id, size FROM blobs ORDER BY id")}
    except Refused as error:
        return CheckReport(False, 0, (f"{error.message}. {error.hint}",))
    damaged = {blob: found for blob, size in sizes.items() if (found := _blob_problems(vault, blob, size, deep))}
    for found in damaged.values():
        problems += found
    cleaned = tuple(vault.blobs.sweep() + collect_orphans(vault))
    vault.ballast.ensure()
    return CheckReport(not problems, len(sizes), tuple(problems), tuple(damaged), cleaned, tuple(repaired))


def _narrow(vault: Vault) -> list[str]:
    """The folder is its owner's alone, which hides all that is in it."""
    if os.name != "posix" or not vault.folder.stat().st_mode & 0o077:
        return []
    with disk_faults("taking the vault's folder from others"):
        vault.folder.chmod(0o700)
    return ["other users could look into the vault's folder; now it is its owner's alone"]


def _rebuild_indexes(vault: Vault) -> bool:
    """Indexes hold nothing that is not in the tables. True when that was done."""
    try:
        with vault.write(vault.user.name or "medstation", "vault.reindex") as tx:
            tx.execute("REINDEX")
    except (Refused, dbapi2.Error):
        return False
    return True


def _database_problems(vault: Vault) -> list[str]:
    with vault.read() as reader:
        problems = [f"database: {row[0]}" for row in reader.all("PRAGMA integrity_check") if row[0] != "ok"]
        foreign = reader.all("PRAGMA foreign_key_check")
    problems += [f"database: a row of {row[0]} refers to a missing row of {row[2]}" for row in foreign]
    return problems + _page_problems(vault)


def _page_problems(vault: Vault) -> list[str]:
    """Pages whose seal is broken. Another program may be writing pages back right now, so only what a second look
    finds as well is told."""
    found: set[str] | None = None
    for _ in range(2):
        with vault.read() as reader:
            seen = {str(row[0]) for row in reader.all("PRAGMA cipher_integrity_check")}
        found = seen if found is None else found & seen
        if not found:
            return []
    return [f"database: {problem}" for problem in sorted(found or ())]


def _blob_problems(vault: Vault, blob_id: str, size: int, deep: bool) -> list[str]:
    try:
        with vault.blobs.open(blob_id) as blob:
            if blob.size != size:
                return [f"blob {blob_id} holds {blob.size} bytes instead of {size}"]
            return blob.damage() if deep else []
    except MedStationError as error:
        with vault.read() as reader:
            return [error.message] if _has_row(reader, blob_id) else []  # dropped while we were looking


def collect_orphans(vault: Vault) -> list[str]:
    """Remove files in place that no row names; their ids."""
    with vault.read() as reader:
        suspects = [blob for blob in vault.blobs.in_place() if not _has_row(reader, blob)]
    if not suspects:
        return []
    with vault.write("medstation", "vault.clean") as tx:
        orphans = [blob for blob in suspects if not _has_row(tx, blob)]
        for blob in orphans:
            vault.blobs.remove(blob)
        tx.detail = {"orphans": len(orphans)}
    return orphans


def _has_row(reader: Reader, blob_id: str) -> bool:
    return reader.one("SELECT 1 FROM blobs WHERE id = ?", blob_id) is not None
