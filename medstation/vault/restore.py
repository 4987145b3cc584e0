"""Restoring a backup: into a folder beside the target, every part checked, then renamed: it is there whole or not."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from medstation.api import NotFound, Refused, VaultLocked, WrongUsage
from medstation.vault import database, rights
from medstation.vault.backup import Report
from medstation.vault.backup_file import BackupFile, Index, Part
from medstation.vault.facts import set_fact
from medstation.vault.faults import disk_faults
from medstation.vault.files import create_private, make_private_folder, sync_folder, write_all
from medstation.vault.keys import SubKeys
from medstation.vault.slots import PASSPHRASE, Person
from medstation.vault.unlocking import ATTEMPTS, try_slots
from medstation.vault.vault import Vault


@dataclass(frozen=True)
class RestoreReport:
    """`problems` are parts that are damaged in the backup, or were in the vault when it was made; all else is there."""

    folder: Path
    blobs: int
    created: str
    problems: tuple[str, ...]


class Chain:
    """A backup and the older ones that hold some of its blobs."""

    def __init__(self, newest: BackupFile, key: bytes, index: Index, older: dict[str, BackupFile]) -> None:
        self.newest, self.key, self.index = newest, key, index
        self._files = {newest.id: newest, **older}

    def extract(self, part: Part, target: Path) -> bool:
        """Write a part to a new file, synced; False when it is not what was backed up."""
        digest = hashlib.sha256()
        with disk_faults(f"writing {target}"):
            descriptor = create_private(target)
            try:
                for piece in self._files[part.backup].pieces(part):
                    digest.update(piece)
                    write_all(descriptor, piece)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        return digest.hexdigest() == part.sha256


def open_chain(stack: ExitStack, path: Path, key: bytes, bases: Sequence[Path] = ()) -> Chain:
    """A backup whose vault has the master key `key`, with its bases: of those given, or beside it by their names."""
    newest = stack.enter_context(BackupFile(path))
    sub_key = SubKeys.of(key, newest.header.id).backup
    index = newest.index(sub_key)
    given = [stack.enter_context(BackupFile(base)) for base in bases]
    older = {file.id: file for file in given}
    for backup, name in index.files.items():
        if backup not in older:
            older[backup] = _beside(stack, path, backup, name)
        older[backup].index(sub_key)  # its seal is this vault's
    return Chain(newest, key, index, older)


def _beside(stack: ExitStack, path: Path, backup: str, name: str) -> BackupFile:
    place = path.with_name(Path(name).name)
    if place.is_file():
        file = stack.enter_context(BackupFile(place))
        if file.id == backup:
            return file
    raise NotFound(f"{path.name} needs the older backup {name} ({backup})", f"Put it beside {path.name} or give it.")


def restore(
    path: Path, folder: Path, passphrase: str, bases: Sequence[Path] = (), report: Report | None = None
) -> RestoreReport:
    """Make the vault of a backup anew in `folder`, which must be empty or not there. The passphrase is one that opened
    the vault when the backup was made."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise WrongUsage(f"{folder} is not empty", "Restore into an empty or new folder.")
    with BackupFile(path) as file:
        opened = try_slots(file.header, file.header.of_kind(PASSPHRASE), passphrase)
        if opened is None:
            raise VaultLocked(f"this passphrase does not open {path}", "Use one of when the backup was made.")
        key, slot = opened
        if not file.header.is_genuine(key):
            raise Refused(f"{path} cannot be used: its header was altered", "Use another backup.")
        rights.need(slot.person, "vault.restore")
    staging = folder.with_name(f".{folder.name}.restoring")
    with ExitStack() as stack:
        chain = open_chain(stack, path, key, bases)
        try:
            problems = _extract(chain, staging, report or (lambda done, text: None))
            problems += _bring_up(chain, staging, slot.person)
            _put_in_place(staging, folder)
        except BaseException:
            shutil.rmtree(staging, ignore_errors=True)
            raise
        return RestoreReport(folder, len(chain.index.blobs), chain.newest.created, tuple(dict.fromkeys(problems)))


def _extract(chain: Chain, staging: Path, report: Report) -> list[str]:
    with disk_faults(f"making {staging}"):
        staging.parent.mkdir(parents=True, exist_ok=True)
        if staging.exists():
            shutil.rmtree(staging)  # of a restore that was cut off
        make_private_folder(staging)
        make_private_folder(staging / "blobs")
    if not chain.extract(chain.index.database, staging / database.FILE):
        raise Refused(f"{chain.newest.path} cannot be used: its database is damaged", "Use another backup.")
    problems = []
    for done, (blob, part) in enumerate(chain.index.blobs.items()):
        report(done / len(chain.index.blobs), blob)
        place = staging / "blobs" / blob[:2] / blob[2:4] / blob
        for above in (place.parent.parent, place.parent):
            make_private_folder(above)
        if not chain.extract(part, place):
            problems.append(f"blob {blob} is damaged in the backup")
    return problems


def _bring_up(chain: Chain, staging: Path, person: Person) -> list[str]:
    """Open it, look it over, and note in its log where it came from."""
    chain.newest.header.save(staging)
    with Vault(staging, chain.key, chain.newest.header, person) as vault:
        vault.audit.accept_end()
        facts = {"backup": chain.newest.id, "created": chain.newest.created}
        with vault.write(person.name, "vault.restore", chain.newest.path.name, facts) as tx:
            set_fact(tx, ATTEMPTS, 0)  # the file of failed attempts is not in a backup
        return list(vault.check().problems)


def _put_in_place(staging: Path, folder: Path) -> None:
    with disk_faults(f"restoring to {folder}"):
        for inner in staging.rglob("*"):
            if inner.is_dir():
                sync_folder(inner)
        sync_folder(staging)
        if folder.exists():
            folder.rmdir()
        staging.rename(folder)
        sync_folder(folder.parent)
