"""The vault: one folder that is noise without its key. All writing goes through one door, whole or absent."""

from __future__ import annotations

import logging
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from medstation.api import Json, MedStationError, Refused, StorageFull, VaultLocked, WrongUsage
from medstation.vault import audit_head, creation, database, header, rights, schema
from medstation.vault.attempts import Attempts, Clock
from medstation.vault.audit import Audit, guard_end
from medstation.vault.audit_head import Head, HeadFile, Signer
from medstation.vault.ballast import Ballast
from medstation.vault.blobs import BlobStore
from medstation.vault.check import CheckReport, check
from medstation.vault.clock import now
from medstation.vault.connections import Connections
from medstation.vault.database import Database, roll_back
from medstation.vault.facts import fact, set_fact
from medstation.vault.faults import RESTORE, disk_faults
from medstation.vault.files import create_private, make_private_folder
from medstation.vault.fingerprint import Fingerprint
from medstation.vault.header import Header
from medstation.vault.header_change import current_header
from medstation.vault.keys import KEY_BYTES, Kdf, SubKeys
from medstation.vault.old_databases import keep_copy
from medstation.vault.people import People
from medstation.vault.policies import Policies
from medstation.vault.slots import ADMINISTRATOR, FIRST_PERSON, PASSPHRASE, READER, KeySlot, Person, check_name
from medstation.vault.transaction import Migration, Reader, Transaction
from medstation.vault.unlocking import note_unlock, unlock, unlock_with_recovery_key

_log = logging.getLogger(__name__)
NOBODY = Person("", READER)
"""The user of a vault that was opened with a key alone."""
Way = Callable[[Header, Attempts], tuple[bytes, KeySlot]]


class Vault:
    """An open vault. Thread-safe; several processes may have the same one open. `close` it when done."""

    def __init__(self, folder: Path, key: bytes, head: Header, user: Person = NOBODY) -> None:
        """Use `create`, `open`, `recover` or `attach`."""
        self.folder = folder
        self.id = head.id
        self.key = key
        self.user = user
        self._header = head
        keys = SubKeys.of(key, head.id)
        self._database = Database(folder, keys.database)
        self._writing = threading.Lock()
        self._here = threading.local()
        self.ballast = Ballast(folder)
        self.blobs = BlobStore(folder / "blobs", keys.blobs, self.ballast.check_room)
        heads = HeadFile(folder / audit_head.FILE, Signer(keys.signature, head.id))
        self.audit = Audit(self.read, keys.audit, heads)
        self._fingerprint_key = keys.fingerprints
        self.people = People(self)
        self.policies = Policies(self)
        self.connections = Connections(self)

    @classmethod
    def create(cls, folder: Path, passphrase: str, kdf: Kdf | None = None, user: str = FIRST_PERSON) -> Vault:
        """A new, empty vault with one administrator, `user`. `kdf` is the cost of unlocking (None: about one second on
        this machine)."""
        if not passphrase:
            raise WrongUsage("the passphrase is empty", "Choose one that others cannot guess; a sentence is good.")
        owner = Person(check_name(user), ADMINISTRATOR)
        with disk_faults(f"making a vault in {folder}"):
            creation.begin(folder)
            make_private_folder(folder / "blobs")
            os.close(create_private(folder / database.FILE))
        key, head = secrets.token_bytes(KEY_BYTES), Header.fresh()
        slot = KeySlot.seal(head.identity, owner, PASSPHRASE, passphrase, key, kdf or Kdf.calibrated())
        head = replace(head, slots=(slot,)).sealed(key)
        vault = cls(folder, key, head, owner)
        try:
            vault.migrate("vault", schema.MIGRATIONS)
            with vault.write(owner.name, "vault.create", subject=head.id) as tx:
                set_fact(tx, "header", head.revision)
                set_fact(tx, "signed_log", 1)
            head.save(folder)  # from here on it is a vault
            creation.end(folder)
            vault.ballast.ensure()
        except BaseException:
            vault.close()
            raise
        return vault

    @classmethod
    def open(cls, folder: Path, passphrase: str, user: str = "", clock: Clock = time.time) -> Vault:
        """Unlock as `user` ("": as whoever has this passphrase; slower with each person there is).

        `VaultLocked` when there is no vault, the passphrase is wrong, or after too many wrong ones it is too early for
        another attempt; `Refused` when the vault is damaged or was tampered with.
        """
        return cls._unlock(folder, Attempts(folder, clock), lambda head, turn: unlock(head, passphrase, user, turn))

    @classmethod
    def recover(cls, folder: Path, recovery_key: str, clock: Clock = time.time) -> Vault:
        """Unlock with the recovery key as it was written down, to set a new passphrase (`people.set_passphrase`)."""
        attempts = Attempts(folder, clock)
        return cls._unlock(folder, attempts, lambda head, turn: unlock_with_recovery_key(head, recovery_key, turn))

    @classmethod
    def _unlock(cls, folder: Path, attempts: Attempts, way: Way) -> Vault:
        head = Header.load(folder)
        with attempts.turn():
            key, slot = way(head, attempts)
            vault = cls._start(folder, key, head)
            try:
                vault._enter(slot.id)
                note_unlock(vault, slot.kind, attempts)
            except BaseException:
                vault.close()
                raise
        return vault

    @classmethod
    def attach(cls, folder: Path, key: bytes, user: str = "") -> Vault:
        """For a worker: the vault that another process has unlocked and handed the key of. `user` is who did that."""
        vault = cls._start(folder, key, Header.load(folder))
        slot = vault._header.of_person(user)
        vault.user = slot.person if slot else NOBODY
        return vault

    @classmethod
    def _start(cls, folder: Path, key: bytes, head: Header) -> Vault:
        if not (folder / database.FILE).is_file():
            raise Refused(f"the vault in {folder} has lost its database ({database.FILE})", RESTORE)
        vault = cls(folder, key, head)
        try:
            vault.migrate("vault", schema.MIGRATIONS)
            vault._header = current_header(vault)
            vault._guard_log()
            creation.end(folder)
            vault.ballast.ensure()
        except BaseException:
            vault.close()
            raise
        return vault

    def _guard_log(self) -> None:
        with self.read() as reader:
            signed_before = fact(reader, "signed_log")
        if signed_before or (self.folder / audit_head.FILE).exists():
            guard_end(self.audit, self.write)
        else:
            self.audit.accept_end()  # a vault of before logs were signed
        if not signed_before:
            with self.write("medstation", "audit.signed") as tx:
                set_fact(tx, "signed_log", 1)

    def _enter(self, slot_id: str) -> None:
        """Who unlocked: as the sealed header says, not the one that was read before there was a key to check it."""
        slot = self._header.of_id(slot_id)
        if slot is None:
            raise VaultLocked("this passphrase was removed a moment ago", "Ask an administrator.")
        self.user = slot.person

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

    def need(self, act: str) -> None:
        """`Refused` unless whoever unlocked this vault may do `act` (see `rights`).

        `write` asks by itself; ask before long work, and before acts that write to other places than the vault.
        """
        rights.need(self.user, act)

    @contextmanager
    def write(self, actor: str, action: str, subject: str = "", detail: Json | None = None) -> Iterator[Transaction]:
        """One act, stored with its audit entry or not at all; other writers wait, so keep it short.

        `Refused` where the person's role does not allow it. An empty `action` leaves no audit entry: for bookkeeping
        inside an act that has one (a run's progress).
        """
        if action:
            self.need(action)
        try:
            with self._transaction(actor, action, subject, detail) as tx:
                yield tx
        except StorageFull:
            self.ballast.free()  # so that at least rows can be deleted
            raise

    def note(self, action: str, subject: str = "", detail: Json | None = None, actor: str = "") -> None:
        """An entry of the log for an act that changes nothing in the vault: the user's, unless `actor` is given."""
        for last in (False, True):
            try:
                with self.write(actor or self.user.name, action, subject, detail):
                    return
            except StorageFull:  # the first time there is room now: the ballast is freed
                if last:
                    raise

    @contextmanager
    def _transaction(self, actor: str, action: str, subject: str, detail: Json | None) -> Iterator[Transaction]:
        if getattr(self._here, "transaction", None) is not None:
            raise RuntimeError("a write inside a write: use the transaction that is open")
        with self._writing, self._database.connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            tx = self._here.transaction = Transaction(connection, self.blobs, subject, detail or {})
            try:
                yield tx
                head = self.audit.append(tx, actor, action) if action else None
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
            if head is not None:
                self._sign(head)

    def _sign(self, head: Head) -> None:
        try:
            self.audit.sign(head)
        except MedStationError as error:  # the act is stored: the signed end lags until the next one
            _log.warning("the audit log's end could not be signed: %s", error.message)

    def migrate(self, room: str, migrations: Sequence[Migration]) -> None:
        """Run the room's steps that this vault has not seen, in order, all in one transaction.

        Where the room has been here before, a copy of the database as it was is kept first: see `old_databases`.
        """
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
            if pending and done:
                keep_copy(self, room, pending[0].__name__)
            for step in pending:
                step(tx)
                tx.insert("migrations", room=room, name=step.__name__, at=now())
            tx.detail = {"steps": [step.__name__ for step in pending]}

    @contextmanager
    def copied_database(self, path: Path) -> Iterator[Reader]:
        """Write a copy of the database to `path`; the block reads what is in the copy. Others go on writing."""
        with self._database.connection() as connection:
            connection.execute("BEGIN")
            self._database.copy(connection, path)
            yield Reader(connection)

    def fingerprint(self) -> Fingerprint:
        """A digest by which content that the vault holds already is recognised."""
        return Fingerprint(self._fingerprint_key)

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
            "keyslots": [
                {"name": slot.person.name, "role": slot.person.role, "kind": slot.kind, "kdf": slot.kdf.to_json()}
                for slot in Header.load(self.folder).slots
            ],
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
