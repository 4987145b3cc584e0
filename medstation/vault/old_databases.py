"""Copies of the database from before it was changed to a newer form, in the folder `before`: as a way back.

They are under the vault's own key. Blobs are not copied: no step of a schema changes them. To go back, close MedStation
and put the copy in the place of vault.db (without vault.db-wal and vault.db-shm beside it); the log will tell of it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from medstation.vault.faults import disk_faults
from medstation.vault.files import make_private_folder, sync_folder

if TYPE_CHECKING:
    from medstation.vault.vault import Vault

FOLDER = "before"
KEPT = 3
"""So many of the newest stay."""


def keep_copy(vault: Vault, room: str, step: str) -> Path:
    """Copy the database as it is committed; inside the write transaction that will change it, so nothing comes between.

    When there is no room for the copy, `StorageFull` ends that transaction, and the old form stays.
    """
    folder = vault.folder / FOLDER
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    path = folder / f"{moment}-{room}-{step}.db"
    part = path.with_suffix(".part")
    with disk_faults("keeping a copy of the database"):
        make_private_folder(folder)
        for unfinished in folder.glob("*.part*"):  # we hold the write transaction: nobody is at work on it
            unfinished.unlink()
    try:
        with vault.copied_database(part):
            pass
        with disk_faults("keeping a copy of the database"):
            part.replace(path)
            sync_folder(folder)
            for old in sorted(folder.glob("*.db"))[:-KEPT]:
                old.unlink()
    finally:
        part.unlink(missing_ok=True)
    return path
