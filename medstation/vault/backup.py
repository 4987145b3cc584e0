"""Backup of a vault that is in use, to one encrypted file.

A full backup holds everything. With an older one as its `base`, it holds the whole database but only those blobs that
are in neither the base nor the bases below it: blobs never change, so an id says it all. That is the simplest form that
never touches an older file; the price is that restoring needs the files below as well. They are looked for by name
beside the newest, and told apart by their ids. Nothing of the vault is decrypted on the way but to check it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from medstation.api import BadInput, MedStationError, Refused, WrongUsage
from medstation.vault.backup_file import BackupFile, BackupWriter, Index, Part
from medstation.vault.clock import now
from medstation.vault.faults import disk_faults
from medstation.vault.files import FileLock, sync_folder
from medstation.vault.header import Header
from medstation.vault.keys import SubKeys

if TYPE_CHECKING:
    from medstation.vault.vault import Vault

Report = Callable[[float, str], None]
"""Progress: the part that is done, 0 to 1, and a word on it. May raise to stop."""


@dataclass(frozen=True)
class BackupReport:
    """What was backed up: `blobs` in all, `copied` of them into this file. `problems` are blobs that are damaged in the
    vault; they are in the backup as they are."""

    file: Path
    id: str
    bytes: int
    blobs: int
    copied: int
    problems: tuple[str, ...]


def back_up(
    vault: Vault, path: Path, base: Path | None = None, replace: bool = False, report: Report | None = None
) -> BackupReport:
    """Write a backup; `base`: an older backup, whose blobs are left out. `replace`: in place of an older one of this
    vault, which stays whole until the new one is."""
    vault.need("vault.backup")
    older = _open_base(vault, path, base) if base else None
    _check_target(vault, path, replace)
    with _work_names(path) as (part, database), disk_faults(f"writing {path}"):
        part.touch(mode=0o600)
        with part.open("r+b") as file:
            work = _Backup(vault, BackupWriter(file), older, report or (lambda done, text: None))
            size = work.run(database)
        part.replace(path)
        sync_folder(path.parent)
    told = BackupReport(path, work.id, size, len(work.index.blobs), len(work.copied), tuple(work.problems))
    detail = {"backup": work.id, "blobs": told.blobs, "copied": told.copied, "base": older and older.id}
    vault.note("vault.backup", path.name, detail)
    return told


@dataclass
class _Older:
    id: str
    name: str
    index: Index


def _open_base(vault: Vault, path: Path, base: Path) -> _Older:
    if base.absolute() == path.absolute():
        raise WrongUsage("a backup cannot be its own base", "Choose a new name for the new backup.")
    with BackupFile(base) as file:
        if file.header.id != vault.id:
            raise BadInput(f"{base} is a backup of another vault", "Choose a backup of this vault, or none.")
        return _Older(file.id, base.name, file.index(SubKeys.of(vault.key, vault.id).backup))


def _check_target(vault: Vault, path: Path, replace: bool) -> None:
    if not path.parent.is_dir():
        raise BadInput(f"there is no folder {path.parent}", "Make it, or choose another place.")
    if vault.folder.absolute() in path.absolute().parents:
        raise WrongUsage("a backup inside the vault's own folder is none", "Choose another disk.")
    if not path.exists():
        return
    if not replace:
        raise BadInput(f"{path} exists already", "Choose another name, or say that it is to be replaced: `--replace`.")
    with BackupFile(path) as file:
        if file.header.id != vault.id:
            raise Refused(f"{path} is a backup of another vault", "Choose another name.")


@contextmanager
def _work_names(path: Path) -> Iterator[tuple[Path, Path]]:
    """Names beside `path` for the file on its way and the database's copy; leftovers of a killed backup are removed."""
    lock_path, part, database = (path.with_name(f".{path.name}.{what}") for what in ("lock", "part", "db"))
    with disk_faults(f"writing {path}"):
        lock = FileLock(lock_path)
    if not lock.acquire(wait=False):
        lock.release()
        raise MedStationError(f"another program is writing {path}", "Wait until it is done.")
    try:
        _remove(part, database)
        yield part, database
    finally:
        _remove(part, database)
        if os.name == "posix":  # elsewhere a file that is open cannot be removed, and an empty one stays
            _remove(lock_path)
        lock.release()


def _remove(*paths: Path) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


@dataclass
class _Backup:
    """One backup on its way."""

    vault: Vault
    writer: BackupWriter
    older: _Older | None
    report: Report
    copied: dict[str, Part] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def id(self) -> str:
        return self.writer.id

    def run(self, database: Path) -> int:
        """The size of the file. Blobs that others drop meanwhile need a newer copy of the database; usually none."""
        while True:
            database.unlink(missing_ok=True)
            with self.vault.copied_database(database) as reader:
                wanted = [str(row["id"]) for row in reader.all("SELECT id FROM blobs ORDER BY id")]
            if self._copy_blobs(wanted):
                break
        with database.open("rb") as file:
            self.index = Index(self.writer.add(file), *self._places(wanted))
        head = Header.load(self.vault.folder)  # after the database: it may be ahead of it, never behind
        return self.writer.finish(self.index, head, now(), SubKeys.of(self.vault.key, self.vault.id).backup)

    def _places(self, wanted: list[str]) -> tuple[dict[str, Part], dict[str, str]]:
        below = self.older.index.blobs if self.older else {}
        blobs = {blob: part for blob in wanted if (part := self.copied.get(blob) or below.get(blob))}
        names = {self.older.id: self.older.name, **self.older.index.files} if self.older else {}
        used = {part.backup for part in blobs.values()}
        return blobs, {backup: name for backup, name in names.items() if backup in used}

    def _copy_blobs(self, wanted: list[str]) -> bool:
        """False when one was dropped after the database was copied."""
        below = self.older.index.blobs if self.older else {}
        new = [blob for blob in wanted if blob not in below and blob not in self.copied]
        for done, blob in enumerate(new):
            self.report(done / len(new), blob)
            if not self._copy(blob):
                return False
        return True

    def _copy(self, blob: str) -> bool:
        """False when the blob is no longer in the vault. One that is damaged goes in as it is, and is told."""
        try:
            with self.vault.blobs.open_stored(blob) as source:
                self.copied[blob] = self.writer.add(source)
            with self.vault.blobs.open(blob) as reader:
                self.problems += reader.damage()
        except (Refused, FileNotFoundError) as error:
            with self.vault.read() as rows:
                if rows.one("SELECT 1 FROM blobs WHERE id = ?", blob) is None:
                    return False
            self.problems.append(error.message if isinstance(error, Refused) else f"blob {blob} is missing")
        return True
