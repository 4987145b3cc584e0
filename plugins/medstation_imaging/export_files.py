"""Writing exported files: never over what is there, and nothing half-written left behind."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from medstation.api import BadInput, StorageFull


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """A new file to write to, removed if the block fails. `BadInput` if it exists, `StorageFull` on a full disk."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("xb")
    except FileExistsError as error:
        raise BadInput(f"{path} exists already.", "Choose another name, or remove it first.") from error
    except OSError as error:
        raise _told(path, error) from error
    try:
        with file:
            yield file
    except OSError as error:
        path.unlink(missing_ok=True)
        raise _told(path, error) from error
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def must_be_new(*paths: Path) -> None:
    """`BadInput` for the first of `paths` that exists."""
    for path in paths:
        if path.exists():
            raise BadInput(f"{path} exists already.", "Choose another name, or remove it first.")


def _told(path: Path, error: OSError) -> BadInput | StorageFull:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageFull(f"The disk is full; {path} was not written.", "Make room, or choose another folder.")
    return BadInput(f"{path} cannot be written: {error.strerror or error}", "Choose a folder you may write to.")
