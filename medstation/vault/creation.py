"""Making a vault where a process may be killed half-way: a mark tells what may be cleared away and made again."""

from __future__ import annotations

from pathlib import Path

from medstation.api import WrongUsage
from medstation.vault import audit_head, ballast, database, header
from medstation.vault.faults import disk_faults
from medstation.vault.files import sync_folder, write_whole

_UNFINISHED = "vault.creating"
_BEGUN = f"{_UNFINISHED}.new"
_PARTS = (_UNFINISHED, f"{header.FILE}.new", database.FILE, audit_head.FILE, ballast.FILE)
"""What an interrupted creation leaves begins with one of these, and may have a suffix of ours or of SQLite."""


def begin(folder: Path) -> None:
    """Make or narrow the folder, which must be empty but for what an interrupted creation left; set the mark."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    present = {entry.name for entry in folder.iterdir()}
    if header.FILE not in present and (_UNFINISHED in present or present == {_BEGUN}):
        leftovers = {name for name in present if name.startswith(_PARTS)}
        for name in leftovers:
            (folder / name).unlink()
        present -= leftovers | {"blobs"}
    if present:
        raise WrongUsage(f"{folder} is not empty", "Choose an empty or new folder for the vault.")
    folder.chmod(0o700)
    write_whole(folder / _UNFINISHED, b"")


def end(folder: Path) -> None:
    """Take the mark away, also one that a kill left in a whole vault: with it, a vault that lost nothing but its header
    would be cleared away by the next creation in its place."""
    mark = folder / _UNFINISHED
    if mark.exists():
        with disk_faults(f"finishing the vault in {folder}"):
            mark.unlink(missing_ok=True)
            sync_folder(folder)
