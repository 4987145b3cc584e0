"""Space held back for the day the disk is full: then even deleting needs some.

When a write finds the disk full, the ballast is emptied, and the space is the database's: rows can be deleted, labels
saved, the vault unlocked. New blobs, which would eat it at once, wait until there is room, and then the ballast is made
anew. An empty file means "freed"; none at all means that there was never room for it.
"""

from __future__ import annotations

import logging
import os
import shutil
from pathlib import Path

from medstation.api import StorageFull
from medstation.vault.files import create_private, write_all

FILE = "ballast"
SIZE = 16 << 20
_ROOM = 4 * SIZE
"""It is made only where so much is free."""
_log = logging.getLogger(__name__)


class Ballast:
    """The ballast of one vault; several processes may do the same to it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    def ensure(self) -> bool:
        """Make it where it is missing or was freed, and there is room; True when it is there."""
        try:
            if self._size() == SIZE:
                return True
            if shutil.disk_usage(self._path.parent).free < _ROOM:
                return False
            self._fill()
        except (FileExistsError, FileNotFoundError):
            return False  # another process is making it right now
        except OSError as error:
            _log.warning("no space could be held back for a full disk: %s", error)
            return False
        return True

    def free(self) -> None:
        """Give its space to the database."""
        try:
            if self._size() > 0:
                os.truncate(self._path, 0)
                _log.warning("the disk is full: the space held back is given to the database")
        except OSError as error:
            _log.warning("the space held back could not be freed: %s", error)

    def check_room(self) -> None:
        """`StorageFull` before a new blob while the ballast is freed and there is no room to make it anew."""
        if self._size() == 0 and not self.ensure():
            raise StorageFull(
                "the disk is full (what is left is kept for the vault's database)",
                "Free some space and try again; nothing that was stored before is touched.",
            )

    def _size(self) -> int:
        """-1 where there is none."""
        return self._path.stat().st_size if self._path.exists() else -1

    def _fill(self) -> None:
        fresh = self._path.with_name(FILE + ".new")
        fresh.unlink(missing_ok=True)
        descriptor = create_private(fresh)
        try:
            _allocate(descriptor)
            fresh.replace(self._path)
        finally:
            os.close(descriptor)
            fresh.unlink(missing_ok=True)


def _allocate(descriptor: int) -> None:
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, 0, SIZE)
        return
    piece = bytes(1 << 20)
    for _ in range(SIZE // len(piece)):
        write_all(descriptor, piece)
