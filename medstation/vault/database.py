"""The encrypted database: SQLCipher connections with the settings that durability needs, lent one per use."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from sqlcipher3 import dbapi2

from medstation.api import VaultLocked
from medstation.vault.faults import database_fault, disk_faults
from medstation.vault.files import create_private

FILE = "vault.db"
_BUSY_MS = 30_000
_SETTINGS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA recursive_triggers = ON",  # without it INSERT OR REPLACE would slip past the triggers that forbid DELETE
    "PRAGMA temp_store = MEMORY",  # no plain temporary files
)


class Row(Protocol):
    """A row: values by position or column name."""

    def __getitem__(self, key: int | str, /) -> Any: ...

    def keys(self) -> list[str]: ...


class Database:
    """Lends connections. They are reused, so there are as many as were ever needed at the same time."""

    def __init__(self, folder: Path, key: bytes) -> None:
        self._folder = folder
        self._key = key
        self._idle: list[Any] = []
        self._guard = threading.Lock()
        self._closed = False

    @contextmanager
    def connection(self) -> Iterator[Any]:
        """A connection for this block; one that ends inside a transaction it cannot leave is thrown away."""
        connection = self._borrow()
        try:
            yield connection
        except dbapi2.Error as error:
            fault = database_fault(error, self._folder)
            if fault is None:
                raise
            raise fault from error
        finally:
            self._give_back(connection)

    def _borrow(self) -> Any:
        with self._guard:
            if self._closed:
                raise VaultLocked("the vault is closed", "Open it again.")
            if self._idle:
                return self._idle.pop()
        try:
            return self._connect()
        except dbapi2.Error as error:
            raise database_fault(error, self._folder) or error from error

    def copy(self, connection: Any, path: Path) -> None:
        """Write what `connection` sees to a new database at `path`, under the same key, while others go on writing.

        Inside a transaction it is that transaction's moment.
        """
        with disk_faults(f"copying the vault's database to {path}"):
            os.close(create_private(path))
        try:
            target = dbapi2.connect(str(path), isolation_level=None)
            try:
                self._unlock(target)
                connection.backup(target)
            finally:
                target.close()
        except dbapi2.Error as error:
            raise database_fault(error, path.parent) or error from error

    def _unlock(self, connection: Any) -> None:
        connection.execute("PRAGMA cipher_log_level = NONE")  # it would write to standard error on a wrong key
        connection.execute(f"PRAGMA key = \"x'{self._key.hex()}'\"")

    def _connect(self) -> Any:
        address = (self._folder / FILE).resolve().as_uri() + "?mode=rw"
        connection = dbapi2.connect(address, uri=True, isolation_level=None, check_same_thread=False)
        try:
            self._unlock(connection)
            connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
            for setting in _SETTINGS:
                connection.execute(setting).fetchall()
        except BaseException:
            connection.close()
            raise
        connection.row_factory = dbapi2.Row
        return connection

    def _give_back(self, connection: Any) -> None:
        sound = roll_back(connection)
        with self._guard:
            if sound and not self._closed:
                self._idle.append(connection)
                return
        connection.close()

    def close(self) -> None:
        """Close idle connections now and lent ones when they come back."""
        with self._guard:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()


def roll_back(connection: Any) -> bool:
    """Leave the transaction, if there is one; False when not even that works (closing the connection then does it)."""
    try:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    except dbapi2.Error:
        return False
    return True
