"""Where one process writes blobs that are not yet part of the vault.

Each open vault that writes has its own folder in blobs/tmp, with a lock in it that the system releases when the
process ends, however it ends. So a folder whose lock can be taken belongs to nobody any more, and can be removed.
"""

from __future__ import annotations

import secrets
import shutil
import threading
from pathlib import Path

from medstation.vault.faults import disk_faults
from medstation.vault.files import FileLock, make_private_folder

_LOCK = "lock"


class Workplace:
    """This process's folder for unfinished blobs; made on first use."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folder: Path | None = None
        self._held: FileLock | None = None
        self._making = threading.Lock()

    def path(self, name: str) -> Path:
        """Where to write the file `name`."""
        with self._making:
            if self._folder is None:
                with disk_faults("making a folder for new blobs"):
                    self._make()
            assert self._folder is not None
            return self._folder / name

    def _make(self) -> None:
        make_private_folder(self._root)
        with FileLock(self._root / _LOCK):  # nobody sweeps between making the folder and locking it
            folder = self._root / secrets.token_hex(8)
            make_private_folder(folder)
            self._held = FileLock(folder / _LOCK)
            self._held.acquire(wait=False)
        self._folder = folder

    def close(self) -> None:
        with self._making:
            if self._folder is not None and self._held is not None:
                self._held.release()
                shutil.rmtree(self._folder, ignore_errors=True)  # what stays is swept by the next check
            self._folder = self._held = None


def sweep(root: Path) -> list[str]:
    """Remove what processes that are gone left unfinished; the names of the files removed."""
    if not root.is_dir():
        return []
    removed: list[str] = []
    with disk_faults("removing unfinished blobs"), FileLock(root / _LOCK):
        for folder in sorted(entry for entry in root.iterdir() if entry.is_dir()):
            removed += _remove_abandoned(folder)
    return removed


def _remove_abandoned(folder: Path) -> list[str]:
    lock = FileLock(folder / _LOCK)
    try:
        if not lock.acquire(wait=False):
            return []
        names = [entry.name for entry in folder.iterdir() if entry.name != _LOCK]
        shutil.rmtree(folder)
        return names
    finally:
        lock.release()
