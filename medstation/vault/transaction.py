"""Reading and writing the database: what a block of `Vault.read` or `Vault.write` is given."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

from medstation.api import Json, Refused
from medstation.vault.blob_writer import PendingBlob
from medstation.vault.blobs import BlobStore
from medstation.vault.clock import now
from medstation.vault.database import Row

_log = logging.getLogger(__name__)
Migration = Callable[["Transaction"], None]
"""A step of a room's schema, known by its function's name; runs once per vault."""


class Reader:
    """Queries that all see the same moment."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def all(self, sql: str, *values: Any) -> list[Row]:
        return list(self._connection.execute(sql, values))

    def each(self, sql: str, *values: Any) -> Iterator[Row]:
        """Row by row, for results too large to hold."""
        return iter(self._connection.execute(sql, values))

    def one(self, sql: str, *values: Any) -> Row | None:
        row: Row | None = self._connection.execute(sql, values).fetchone()
        return row


class Transaction(Reader):
    """One act: everything in it is stored with its audit entry, or nothing is.

    `subject` and `detail` go into the audit entry and may be set while the act goes on.
    """

    def __init__(self, connection: Any, blobs: BlobStore, subject: str, detail: Json) -> None:
        super().__init__(connection)
        self._blobs = blobs
        self._kept: list[PendingBlob] = []
        self._dropped: list[str] = []
        self.subject = subject
        self.detail = detail

    def execute(self, sql: str, *values: Any) -> int:
        """Run one statement; the number of rows it changed."""
        return int(self._connection.execute(sql, values).rowcount)

    def insert(self, table: str, **columns: Any) -> int:
        """Add a row; its row id. Table and column names come from code, never from input."""
        names, marks = ", ".join(columns), ", ".join("?" * len(columns))
        cursor = self._connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(columns.values()))
        return int(cursor.lastrowid)

    def keep(self, pending: PendingBlob) -> str:
        """Make a written blob part of the vault, with this transaction; its id."""
        self._kept.append(pending)
        self._blobs.put_in_place(pending)
        self.insert("blobs", id=pending.id, size=pending.size, sha256=pending.sha256, created=now())
        return pending.id

    def drop(self, blob_id: str) -> None:
        """Remove a blob: its row with this transaction, its file right after."""
        if self.execute("DELETE FROM blobs WHERE id = ?", blob_id) != 1:
            raise Refused(f"blob {blob_id} is not in the vault's list", "Run `medstation vault check`.")
        self._dropped.append(blob_id)

    def after_commit(self) -> None:
        for blob_id in self._dropped:
            try:
                self._blobs.remove(blob_id)
            except OSError as error:
                _log.warning("blob %s is no longer used but could not be deleted: %s", blob_id, error)

    def after_rollback(self) -> None:
        for pending in self._kept:
            try:
                self._blobs.take_back(pending)
            except OSError as error:
                _log.warning("blob %s stays until the next vault check: %s", pending.id, error)
