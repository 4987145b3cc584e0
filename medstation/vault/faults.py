"""What disk and database say when they fail, told as a person can use it."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlcipher3 import dbapi2

from medstation.api import MedStationError, Refused, StorageFull

_FULL = {errno.ENOSPC, errno.EDQUOT}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
_NAMELESS = {
    "database or disk is full": "SQLITE_FULL",
    "disk I/O error": "SQLITE_IOERR",
    "attempt to write a readonly database": "SQLITE_READONLY",
    "unable to open database file": "SQLITE_CANTOPEN",
    "database disk image is malformed": "SQLITE_CORRUPT",
    "file is not a database": "SQLITE_NOTADB",
}
"""Of a copy of the database (`Connection.backup`) the driver tells the fault by its words alone."""
_NEARLY_FULL = 4 << 20
RESTORE = "Restore it from a backup; `medstation vault check --deep` names everything that is affected."
_FREE_SPACE = "Free some space and try again; nothing that was stored before is touched."
_LOOK_AT_RIGHTS = "Check that you may write in the vault's folder and that its disk is not read-only."
_LOOK_AT_DISK = "Check the disk and its connection, then run `medstation vault check`."


@contextmanager
def disk_faults(doing: str) -> Iterator[None]:
    """Turns an `OSError` of the vault's own files into an error that says what was being done."""
    try:
        yield
    except OSError as error:
        raise disk_fault(error, doing) from error


def disk_fault(error: OSError, doing: str) -> MedStationError:
    if error.errno in _FULL:
        return StorageFull(f"the disk is full ({doing})", _FREE_SPACE)
    reason = f"{doing}: {error.strerror or error}"
    if error.errno in _FORBIDDEN:
        return MedStationError(
            reason, "Check that you may write in the vault's folder and that its disk is not read-only."
        )
    return MedStationError(reason, _LOOK_AT_DISK)


def database_fault(error: dbapi2.Error, folder: Path) -> MedStationError | None:
    """The error for the user, or None when `error` is not the disk's fault but a bug's."""
    name = str(getattr(error, "sqlite_errorname", "")) or _NAMELESS.get(str(error), "")
    if name.startswith("SQLITE_FULL") or (name.startswith("SQLITE_IOERR") and _nearly_full(folder)):
        return StorageFull("the disk is full (writing the vault's database)", _FREE_SPACE)
    if name.startswith("SQLITE_IOERR"):
        return MedStationError(f"the vault's database cannot be read or written ({name})", _LOOK_AT_DISK)
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return MedStationError("the vault is busy: another program keeps writing to it", "Try again in a moment.")
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return MedStationError(f"the vault's database in {folder} cannot be opened for writing", _LOOK_AT_RIGHTS)
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return Refused(f"the vault's database in {folder} is damaged", RESTORE)
    return None


def _nearly_full(folder: Path) -> bool:
    """SQLite reports some full disks as plain I/O errors."""
    return shutil.disk_usage(folder).free < _NEARLY_FULL
