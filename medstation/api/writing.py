"""Writing exported files: never over what is there, and nothing half-written left behind."""

from __future__ import annotations

import csv
import errno
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from medstation.api.errors import BadInput, StorageFull

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet take a cell for a formula."""

Cell = str | int | float | None


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """A new file to write to, removed if the block fails. `BadInput` if it exists, `StorageFull` on a full disk."""
    must_be_new(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("xb")
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


def write_new(path: Path, data: bytes | str) -> list[Path]:
    """`data` (text as UTF-8) as a new file, which is what an exporter returns; see `new_file`."""
    with new_file(path) as file:
        file.write(data.encode() if isinstance(data, str) else data)
    return [path]


def write_table(path: Path, rows: Iterable[Sequence[Cell]]) -> list[Path]:
    """Rows as a new CSV file for spreadsheets: UTF-8 with a mark, commas, decimal points, no cell that is run."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([neutral(cell) for cell in row] for row in rows)
    return write_new(path, text.getvalue().encode("utf-8-sig"))


def neutral(cell: Cell) -> Cell:
    """Text that a spreadsheet would run as a formula, with an apostrophe before it; numbers stay numbers."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_STARTS) else cell


def must_be_new(*paths: Path) -> None:
    """`BadInput` for the first of `paths` that exists: said before the work, not after it."""
    for path in paths:
        if path.exists():
            raise _taken(path)


def _taken(path: Path) -> BadInput:
    return BadInput(f"{path} exists already", "Choose another name; nothing is overwritten.")


def _told(path: Path, error: OSError) -> BadInput | StorageFull:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageFull(f"the disk is full; {path} was not written", "Make room, or choose another folder.")
    return BadInput(f"{path} cannot be written: {error.strerror or error}", "Choose a folder you may write to.")
