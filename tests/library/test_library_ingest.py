"""Importing keeps originals bit for bit, once; records grow with their files; nothing half is ever stored."""

from __future__ import annotations

import errno
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from line_importer import TASK, LineImporter, groups, ingest, no_report, take

from medstation.api import FileSource, Found, LabelDraft, Record, RecordDraft, Refused, Skipped, Stopped, StorageFull
from medstation.library import Library, originals
from medstation.vault import Vault


def blobs(vault: Vault) -> int:
    return int(vault.info()["blobs"])


def test_originals_come_back_bit_for_bit(library: Library, source: Path) -> None:
    (source / "a.txt").write_text("p1;g;one\n")
    (source / "b.txt").write_text("p1;g;two\n")
    ingested = ingest(library, source / "a.txt", source / "b.txt")[0]
    files = library.files(ingested.records[0].id)
    assert (ingested.added, ingested.duplicates, ingested.skipped) == (2, 0, [])
    assert [files.name(index) for index in range(len(files))] == ["a.txt", "b.txt"]
    assert [files.read(index) for index in range(len(files))] == [b"p1;g;one\n", b"p1;g;two\n"]
    assert [files.facts(index)["text"] for index in range(2)] == ["one", "two"]
    assert blobs(library.vault) == 1
    buffer = bytearray(3)
    files.readinto(1, 5, memoryview(buffer))
    assert (bytes(buffer), files.size(1), files.read(1, 5, 3), files.read(1, 99)) == (b"two", 9, b"two", b"")


def test_a_large_file_is_copied_in_pieces(library: Library, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(originals, "_AT_ONCE", 100)
    monkeypatch.setattr(originals, "_PIECE", 1000)
    text = "p1;g;" + "word " * 5000
    record = take(library, source, "a.txt", text)[0].records[0]
    assert library.files(record.id).read(0) == f"{text}\n".encode()
    assert take(library, source, "copy.txt", text)[0].duplicates == 1


def test_the_same_file_twice_is_one_record(library: Library, source: Path) -> None:
    first = take(library, source, "a.txt", "p1;g;one")[0]
    again = take(library, source, "a.txt", "p1;g;one")[0]
    renamed = take(library, source, "b.txt", "p1;g;one")[0]
    assert first.records == again.records == renamed.records == library.records()
    assert (again.added, again.duplicates, renamed.added, renamed.duplicates) == (0, 1, 0, 1)
    assert blobs(library.vault) == 1


def test_two_copies_in_one_import_are_one_file(library: Library, source: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (source / name).write_text("p1;g;one\n")
    ingested = ingest(library, source / "a.txt", source / "b.txt")[0]
    assert (ingested.added, ingested.duplicates, len(library.files("r-1"))) == (1, 1, 1)


def test_a_copy_that_an_importer_groups_by_name_is_still_one_record(library: Library, source: Path) -> None:
    (source / "a.txt").write_text("p1;g;one\n")
    found = groups([source / "a.txt"])[0][0]
    first = library.ingest(TASK, LineImporter(), [found], no_report)
    other = Found(found.path, "another group", found.person, found.facts)
    assert library.ingest(TASK, LineImporter(), [other], no_report).records == first.records


def test_one_file_may_hold_many_records_and_is_stored_once(library: Library, source: Path) -> None:
    lines = [f"p{number % 3};g{number};text {number}" for number in range(9)]
    results = take(library, source, "all.txt", *lines)
    assert len(library.records()) == 9
    assert sum(result.added for result in results) == 1
    assert blobs(library.vault) == 1
    assert {library.files(record.id).read(0) for record in library.records()} == {
        "".join(f"{line}\n" for line in lines).encode()
    }


def test_one_record_may_be_found_in_a_file_several_times(library: Library, source: Path) -> None:
    take(library, source, "a.txt", "p1;g;one", "p1;g;two")
    assert library.record("r-1").title == "one two"
    assert [library.files("r-1").facts(index)["line"] for index in range(2)] == [0, 1]
    assert take(library, source, "a.txt", "p1;g;one", "p1;g;two")[0].duplicates == 1


def test_later_files_complete_a_record(library: Library, source: Path) -> None:
    before = take(library, source, "a.txt", "p1;g;one")[0].records[0]
    after = take(library, source, "b.txt", "p1;g;two")[0].records[0]
    assert (before.id, after.title, after.notes) == (after.id, "one two", ())
    assert library.thumbnail(after.id) == b"PNG of one two"


def test_labels_stay_when_a_record_grows_and_a_note_says_so(library: Library, source: Path) -> None:
    take(library, source, "a.txt", "p1;g;one")
    label = library.add_label("r-1", LabelDraft("class", b"x"))
    record = take(library, source, "b.txt", "p1;g;two")[0].records[0]
    assert library.labels("r-1") == [label]
    assert any("labelled" in note for note in record.notes)
    assert len(take(library, source, "c.txt", "p1;g;three")[0].records[0].notes) == 1


class ByLine(LineImporter):
    """Makes one record of all, until there are three lines: then one per line."""

    def assemble(self, group: Sequence[Found]) -> Sequence[RecordDraft | Skipped]:
        if len(group) < 3:
            return super().assemble(group)
        parts = [(found.facts["text"], (index,), str(index)) for index, found in enumerate(group)]
        return [RecordDraft("note", title, files, part) for title, files, part in parts]


@pytest.mark.parametrize("labelled", [True, False])
def test_a_record_that_was_worked_on_is_kept_when_its_files_become_other_records(
    library: Library, source: Path, labelled: bool
) -> None:
    (source / "a.txt").write_text("p1;g;one\n")
    (source / "b.txt").write_text("p1;g;two\np1;g;three\n")
    library.ingest(TASK, ByLine(), groups([source / "a.txt"])[0], no_report)
    if labelled:
        library.add_label("r-1", LabelDraft("class", b"x"))
    library.ingest(TASK, ByLine(), groups([source / "b.txt"])[0], no_report)
    titles = {record.title: record for record in library.records()}
    assert set(titles) == {"one", "two", "three"}
    assert len(library.records()) == (4 if labelled else 3)
    if labelled:
        assert "no longer" in library.record("r-1").notes[0]
        assert library.files("r-1").read(0) == b"p1;g;one\n"


def test_what_the_importer_leaves_out_is_told_and_the_rest_is_taken(library: Library, source: Path) -> None:
    ingested = take(library, source, "a.txt", "p1;g;one", "p1;g;bad")[0]
    assert [skipped.reason for skipped in ingested.skipped] == ["a bad line"]
    assert len(ingested.records) == 1


def test_a_group_of_which_nothing_comes_leaves_nothing(library: Library, source: Path) -> None:
    ingested = take(library, source, "a.txt", "p1;g;bad")[0]
    assert (ingested.records, [skipped.reason for skipped in ingested.skipped]) == ([], ["a bad line"])
    assert blobs(library.vault) == 0
    assert library.records() == []
    assert take(library, source, "a.txt", "p1;g;bad", "p1;g;good")[0].added == 1


def test_a_file_that_cannot_be_read_is_skipped_and_the_rest_taken(library: Library, source: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (source / name).write_text(f"p1;g;{name}\n")
    group = groups([source / "a.txt", source / "b.txt"])[0]
    (source / "a.txt").unlink()
    ingested = library.ingest(TASK, LineImporter(), group, no_report)
    assert [skipped.path.name for skipped in ingested.skipped] == ["a.txt"]
    assert library.record("r-1").title == "b.txt"


def test_a_file_that_changes_while_it_is_read_is_skipped(
    library: Library, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(originals, "_AT_ONCE", 0)
    monkeypatch.setattr(originals.Stamp, "of", lambda path, calls=iter(range(100)): originals.Stamp(9, next(calls)))
    ingested = take(library, source, "a.txt", "p1;g;one")[0]
    assert "changed" in ingested.skipped[0].reason
    assert library.records() == []


def test_a_stopped_import_leaves_nothing_and_can_be_repeated(library: Library, source: Path) -> None:
    def stop(done: float, text: str) -> None:
        raise Stopped("stopped")

    (source / "a.txt").write_text("p1;g;one\n")
    group = groups([source / "a.txt"])[0]
    with pytest.raises(Stopped):
        library.ingest(TASK, LineImporter(), group, stop)
    assert (library.records(), blobs(library.vault)) == ([], 0)
    assert library.ingest(TASK, LineImporter(), group, no_report).added == 1


@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
def test_a_full_disk_leaves_nothing_half(
    library: Library, source: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    take(library, source, "a.txt", "p1;g;one")
    (source / "b.txt").write_text("p1;g;two\n")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch, pytest.raises(StorageFull):
        patch.setattr(os if call != "replace" else Path, call, full)
        ingest(library, source / "b.txt")
    assert library.record("r-1").title == "one"
    assert library.vault.check(deep=True).ok
    assert ingest(library, source / "b.txt")[0].records[0].title == "one two"


def test_a_thumbnail_that_fails_does_not_fail_the_import(
    library: Library, source: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class NoPicture(LineImporter):
        def thumbnail(self, record: Record, files: FileSource) -> bytes | None:
            raise ZeroDivisionError

    (source / "a.txt").write_text("p1;g;one\n")
    with caplog.at_level(logging.WARNING):
        library.ingest(TASK, NoPicture(), groups([source / "a.txt"])[0], no_report)
    assert library.thumbnail("r-1") is None
    assert "ZeroDivisionError" in caplog.text


def test_contradicting_names_of_one_patient_are_told(library: Library, source: Path) -> None:
    (source / "a.txt").write_text("p1;g;one\n")
    found = groups([source / "a.txt"])[0][0]
    library.ingest(TASK, LineImporter(), [found], no_report)
    (source / "b.txt").write_text("p1;h;two\n")
    other = groups([source / "b.txt"])[0][0]
    named = Found(other.path, other.group, type(other.person)("p1", "Somebody^Else", "F"), other.facts)
    record = library.ingest(TASK, LineImporter(), [named], no_report).records[0]
    assert "Somebody^Else" in record.notes[0]
    assert (record.person.name, record.person.sex) == ("Name of p1", "F")


def test_a_damaged_original_is_named_with_its_file_and_record(library: Library, source: Path) -> None:
    take(library, source, "scan.txt", "p1;g;one")
    blob = next((library.vault.folder / "blobs").glob("??/??/*"))
    raw = bytearray(blob.read_bytes())
    raw[-1] ^= 1
    blob.write_bytes(raw)
    with pytest.raises(Refused, match=r"scan\.txt of record r-1"):
        library.files("r-1").read(0)
    assert library.uses(library.vault.check(deep=True).damaged[0]) == ["record r-1"]


def test_two_imports_of_the_same_at_once_make_one_record(library: Library, source: Path) -> None:
    """Another process stores the same file after ours was hashed and before it is stored."""
    (source / "a.txt").write_text("p1;g;one\n")

    def meanwhile(done: float, text: str) -> None:
        with Vault.attach(library.vault.folder, library.vault.key, "owner") as vault:
            ingest(Library(vault, "bob"), source / "a.txt")

    ingested = library.ingest(TASK, LineImporter(), groups([source / "a.txt"])[0], meanwhile)
    assert (ingested.added, ingested.duplicates, len(library.records()), blobs(library.vault)) == (0, 1, 1, 1)
    assert library.vault.check(deep=True).cleaned == ()


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from line_importer import ingest, LineImporter
from medstation.library import Library
from medstation.vault import Vault
import medstation.vault.blobs, medstation.vault.audit
def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
source, when = Path(sys.argv[3]), sys.argv[4]
library = Library(Vault.attach(Path(sys.argv[1]), bytes.fromhex(sys.stdin.readline()), "owner"), "ada")
ingest(library, source / "a.txt")
if when == "writing":
    os.fsync = die
elif when == "placing":
    medstation.vault.blobs.sync_folder = die
elif when == "committing":
    medstation.vault.audit.Audit.append = die
elif when == "drawing":
    LineImporter.thumbnail = die
ingest(library, source / "b.txt")
"""


@pytest.mark.parametrize("when", ["writing", "placing", "committing", "drawing"])
def test_an_import_killed_at_any_moment_is_completed_by_a_second_one(vault: Vault, source: Path, when: str) -> None:
    (source / "a.txt").write_text("p1;g;one\n")
    (source / "b.txt").write_text("p1;g;two\n" + "p1;g;more text\n" * 2_000)
    arguments = [sys.executable, "-c", KILLED, str(vault.folder), str(Path(__file__).parent), str(source), when]
    child = subprocess.run(arguments, input=vault.key.hex() + "\n", capture_output=True, text=True)
    assert child.returncode == -signal.SIGKILL, child.stderr
    report = vault.check(deep=True)
    assert report.ok, report
    library = Library(vault, "ada")
    assert library.record("r-1").title.startswith("one")
    result = ingest(library, source / "a.txt", source / "b.txt")[0]
    assert result.records[0].meta == {"lines": 2_002}
    assert library.thumbnail("r-1")
    assert library.files("r-1").read(1) == (source / "b.txt").read_bytes()
    final = vault.check(deep=True)
    assert (final.ok, final.blobs, final.cleaned) == (True, 2, ())
