"""An export never replaces a file, leaves nothing half-written, and no table of it runs anything."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from medstation.api import (
    BadInput,
    ExportItem,
    ModelInfo,
    Person,
    Record,
    StorageFull,
    must_be_new,
    new_file,
    write_new,
    write_table,
)
from medstation.api.writing import neutral


def test_a_file_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    for write in (lambda path: write_new(path, b"other"), must_be_new, lambda path: write_table(path, [["a"]])):
        with pytest.raises(BadInput, match="exists already"):
            write(tmp_path / "mine.txt")
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_text_is_written_as_it_is_in_utf_8_with_its_folder(tmp_path: Path) -> None:
    (path,) = write_new(tmp_path / "new" / "note.txt", "é\n頭痛\r\n")
    assert path.read_bytes() == "é\n頭痛\r\n".encode()


@pytest.mark.parametrize(
    ("fault", "told"),
    [(OSError(errno.ENOSPC, "full"), StorageFull), (OSError(errno.EIO, "i/o"), BadInput), (KeyError("x"), KeyError)],
)
def test_what_fails_half_way_leaves_nothing(tmp_path: Path, fault: Exception, told: type[Exception]) -> None:
    with pytest.raises(told), new_file(tmp_path / "half.bin") as file:
        file.write(b"the first half")
        raise fault
    assert list(tmp_path.iterdir()) == []


def test_a_folder_one_may_not_write_to_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot be written"):
        write_new(tmp_path / "file" / "below.txt", b"")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum", "\t=1", "\r=1"])
def test_a_cell_that_a_spreadsheet_would_run_is_made_plain(text: str) -> None:
    assert neutral(text) == f"'{text}"
    assert neutral("plain") == "plain" and neutral(-1.5) == -1.5


def test_a_table_is_utf_8_with_a_mark_and_commas(tmp_path: Path) -> None:
    (path,) = write_table(tmp_path / "t.csv", [("name", "value"), ("=1", -1.5), ("a,b", None)])
    assert path.read_bytes() == b'\xef\xbb\xbfname,value\r\n\'=1,-1.5\r\n"a,b",\r\n'


def test_an_item_says_who_or_what_made_it() -> None:
    record = Record("r-1", "toy.numbers", "numbers", Person("P-1"), "a", "", "", {}, ())
    model = ModelInfo("m-1", "mean", 2, "approved", "toy.numbers", "mean", {}, {})
    assert ExportItem(record, "value", b"", {}, "ada").by == "ada"
    assert ExportItem(record, "value", b"", {}, "", model).by == "mean@2"
