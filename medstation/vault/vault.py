"""The vault: one folder that is noise without its key. All writing goes through one door, whole or absent."""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from medstation.api import Json, Refused, VaultLocked, WrongUsage
from medstation.vault import database, header, schema
from medstation.vault.audit import Audit
from medstation.vault.blobs import BlobStore
from medstation.vault.check import CheckReport, check
from medstation.vault.clock import now
from medstation.vault.database import Database, roll_back
from medstation.vault.faults import RESTORE, disk_faults
from medstation.vault.files import create_private, make_private_folder, write_whole
from medstation.vault.header import Header
from medstation.vault.keys import KEY_BYTES, Kdf, SubKeys
from medstation.vault.transaction import Migration, Reader, Transaction

_UNFINISHED = "vault.creating"


class Vault:
    """An open vault. Thread-safe; several processes may have the same one open. `close` it when done."""

    def __init__(self, folder: Path, key: bytes, head: Header) -> None:
        """Use `create`, `open` or `attach`."""
        self.folder = folder
        self.key = key
        self._header = head
        keys = SubKeys.of(key, head.id)
        self._database = Database(folder, keys.database)
        self._writing = threading.Lock()
        self._here = threading.local()
        self.blobs = BlobStore(folder / "blobs", keys.blobs)
        self.audit = Audit(self.read, keys.audit)

    @classmethod
    def create(cls, folder: Path, passphrase: str, kdf: Kdf | None = None) -> Vault:
        """A new, empty vault. `kdf` is the cost of unlocking (None: about one second on this machine)."""
        if not passphrase:
            raise WrongUsage("the passphrase is empty", "Choose one that others cannot guess; a sentence is good.")
        with disk_faults(f"making a vault in {folder}"):
            _prepare(folder)
            make_private_folder(folder / "blobs")
            os.close(create_private(folder / database.FILE))
        key = secrets.token_bytes(KEY_BYTES)
        head = Header.fresh(passphrase, key, kdf or Kdf.calibrated())
        vault = cls(folder, key, head)
        try:
            vault.migrate("vault", schema.MIGRATIONS)
            with vault.write("medstation", "vault.create", subject=head.id):
                pass
            head.save(folder)  # from here on it is a vault
            (folder / _UNFINISHED).unlink()
        except BaseException:
            vault.close()
            raise
        return vault

    @classmethod
    def open(cls, folder: Path, passphrase: str) -> Vault:
        """`VaultLocked` when there is no vault or the passphrase is wrong, `Refused` when the vault is damaged."""
        head = Header.load(folder)
        key = head.unlock(passphrase)
        if key is None:
            raise VaultLocked(f"this passphrase does not open the vault in {folder}", "Check it and try again.")
        return cls._start(folder, key, head)

    @classmethod
    def attach(cls, folder: Path, key: bytes) -> Vault:
        """For a worker: the vault that another process has unlocked and handed the key of."""
        return cls._start(folder, key, Header.load(folder))

    @classmethod
    def _start(cls, folder: Path, key: bytes, head: Header) -> Vault:
        if not (folder / database.FILE).is_file():
            raise Refused(f"the vault in {folder} has lost its database ({database.FILE})", RESTORE)
        vault = cls(folder, key, head)
        try:
            vault.migrate("vault", schema.MIGRATIONS)
        except BaseException:
            vault.close()
            raise
        return vault

    @contextmanager
    def read(self) -> Iterator[Reader]:
        """Queries that see one moment. Inside this thread's `write` block they see what it has written so far."""
        current: Transaction | None = getattr(self._here, "transaction", None)
        if current is not None:
            yield current
            return
        with self._database.connection() as connection:
            connection.execute("BEGIN")
            yield Reader(connection)

    @contextmanager
    def write(self, actor: str, action: str, subject: str = "", detail: Json | None = None) -> Iterator[Transaction]:
        """One act, stored with its audit entry or not at all; other writers wait, so keep it short.

        An empty `action` leaves no audit entry: for bookkeeping inside an act that has one (a run's progress).
        """
        if getattr(self._here, "transaction", None) is not None:
            raise RuntimeError("a write inside a write: use the transaction that is open")
        with self._writing, self._database.connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            tx = self._here.transaction = Transaction(connection, self.blobs, subject, detail or {})
            try:
                yield tx
                if action:
                    self.audit.append(tx, actor, action)
            except BaseException:
                roll_back(connection)
                tx.after_rollback()
                raise
            finally:
                self._here.transaction = None
            # When COMMIT itself fails, it is not certain that nothing reached the disk, so the blobs stay where they
            # are: without a row they are orphans, which the next check removes.
            connection.execute("COMMIT")
            tx.after_commit()

    def migrate(self, room: str, migrations: Sequence[Migration]) -> None:
        """Run the room's steps that this vault has not seen, in order, all in one transaction."""
        with self.read() as reader:
            done = _done(reader, room)
        names = [step.__name__ for step in migrations]
        if newer := done - set(names):
            raise Refused(
                f"the vault in {self.folder} was used by a newer MedStation ({room}: {', '.join(sorted(newer))})",
                "Update MedStation to open this vault.",
            )
        if done == set(names):
            return
        with self.write("medstation", "vault.migrate", subject=room) as tx:
            tx.execute(
                """CREATE TABLE IF NOT EXISTS migrations (
                    room TEXT NOT NULL, name TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (room, name))"""
            )
            done = _done(tx, room)  # another process may have been faster
            pending = [step for step in migrations if step.__name__ not in done]
            for step in pending:
                step(tx)
                tx.insert("migrations", room=room, name=step.__name__, at=now())
            tx.detail = {"steps": [step.__name__ for step in pending]}

    def check(self, deep: bool = False) -> CheckReport:
        """Look for damage and remove leftovers of interrupted writes; `deep` reads every byte."""
        return check(self, deep)

    def info(self) -> Json:
        """Facts for people: where, since when, how large, how it is protected."""
        with self.read() as reader:
            blobs = reader.one("SELECT count(*), coalesce(sum(size), 0) FROM blobs")
            audit = reader.one("SELECT count(*) FROM audit")
        assert blobs and audit
        return {
            "folder": str(self.folder),
            "id": self._header.id,
            "created": self._header.created,
            "format": header.VERSION,
            "keyslots": [{"name": slot.name, "kdf": slot.kdf.to_json()} for slot in self._header.slots],
            "database_bytes": (self.folder / database.FILE).stat().st_size,
            "blobs": blobs[0],
            "blob_bytes": blobs[1],
            "audit_entries": audit[0],
        }

    def close(self) -> None:
        """Close every connection and drop unfinished blobs. May be called twice."""
        self._database.close()
        self.blobs.close()

    def __enter__(self) -> Vault:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _done(reader: Reader, room: str) -> set[str]:
    if reader.one("SELECT 1 FROM sqlite_master WHERE name = 'migrations'") is None:
        return set()
    rows: list[Any] = reader.all("SELECT name FROM migrations WHERE room = ?", room)
    return {row["name"] for row in rows}


def _prepare(folder: Path) -> None:
    """Make or narrow the folder, which must be empty but for what an interrupted `create` left."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    present = {entry.name for entry in folder.iterdir()}
    if _UNFINISHED in present and header.FILE not in present:
        for name in (database.FILE, database.FILE + "-wal", database.FILE + "-shm"):
            (folder / name).unlink(missing_ok=True)
        present -= {_UNFINISHED, "blobs"} | {name for name in present if name.startswith(database.FILE)}
    if present:
        raise WrongUsage(f"{folder} is not empty", "Choose an empty or new folder for the vault.")
    folder.chmod(0o700)
    write_whole(folder / _UNFINISHED, b"")
