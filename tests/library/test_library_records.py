"""Records and labels are found, kept and followed back."""

from __future__ import annotations

from pathlib import Path

import pytest
from line_importer import TASK, LineImporter, groups, no_report, take
from sqlcipher3 import dbapi2

from medstation.api import BadInput, LabelDraft, NotFound
from medstation.library import Counts, Library
from medstation.vault import Vault


@pytest.fixture
def wards(library: Library, source: Path) -> Library:
    take(library, source, "a.txt", "p1;a;chest CT", "p10;b;100% done", "p2;c;under_score", "p3;d;back\\slash")
    return library


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("chest", {"chest CT"}),
        ("CHEST p1", {"chest CT"}),
        ("chest p2", set()),
        ("%", {"100% done"}),
        ("_", {"under_score"}),
        ("\\", {"back\\slash"}),
        ("'; DROP TABLE records; --", set()),
        ("name of p2", {"under_score"}),
        ("2026-01", {"chest CT", "100% done", "under_score", "back\\slash"}),
        ("", {"chest CT", "100% done", "under_score", "back\\slash"}),
    ],
)
def test_a_search_finds_what_holds_every_word(wards: Library, query: str, titles: set[str]) -> None:
    assert {record.title for record in wards.records(query=query)} == titles


def test_records_of_one_patient_and_one_task(wards: Library) -> None:
    assert [record.title for record in wards.records(person="p1")] == ["chest CT"]
    assert wards.records(task="other") == []
    assert len(wards.records(task=TASK)) == 4


def test_records_of_other_tasks_are_found_by_the_person_they_are_of(wards: Library, source: Path) -> None:
    ecg = source / "ecg.txt"
    ecg.write_text("p1;e;rest ECG\np9;e;stress ECG\n")
    for group in groups([ecg]):
        wards.ingest("other", LineImporter(), group, no_report)
    assert [record.title for record in wards.records_beside(TASK, wards.records(TASK))] == ["rest ECG"]
    assert [record.title for record in wards.records_beside(TASK, wards.records(TASK, query="chest"))] == ["rest ECG"]
    assert wards.records_beside(TASK, wards.records(TASK, query="done")) == []
    assert [record.title for record in wards.records_beside("other", wards.records("other"))] == ["chest CT"]


@pytest.mark.parametrize("wrong", ["r-99", "r-0", "l-1", "1", "", "r-1; --", "r-99999999999999999999999"])
def test_a_record_that_does_not_exist_is_told(wards: Library, wrong: str) -> None:
    with pytest.raises(NotFound, match="there is no record"):
        wards.record(wrong)


def test_labels_have_versions_and_an_author_and_old_ones_stay(filled: Library) -> None:
    first = filled.add_label("r-1", LabelDraft("class", b"one", {"class": "benign"}))
    second = filled.add_label("r-1", LabelDraft("class", b"two" * 100_000))
    other = filled.add_label("r-1", LabelDraft("mask", b"mask"))
    assert [label.id for label in filled.labels("r-1")] == [other.id, second.id, first.id]
    assert (first.version, second.version, other.version, first.author) == (1, 2, 1, "ada")
    assert filled.latest_label("r-1", "class") == second
    assert filled.latest_label("r-2", "class") is None
    assert filled.label_payload(first.id) == b"one"
    assert filled.label_payload(second.id) == b"two" * 100_000
    assert filled.label(first.id).summary == {"class": "benign"}
    assert filled.counts(["r-1", "r-2"]) == {"r-1": Counts(3, 0), "r-2": Counts(0, 0)}


@pytest.mark.parametrize("sql", ["UPDATE labels SET author = 'eve'", "DELETE FROM labels"])
def test_a_label_is_never_changed(filled: Library, vault: Vault, sql: str) -> None:
    filled.add_label("r-1", LabelDraft("class", b"one"))
    with pytest.raises(dbapi2.IntegrityError, match="labels are never"), vault.write("", "") as tx:
        tx.execute(sql)


def test_a_label_of_nothing_is_refused_and_leaves_nothing(filled: Library) -> None:
    before = filled.vault.info()["blobs"]
    with pytest.raises(NotFound):
        filled.add_label("r-99", LabelDraft("class", b"x" * 100_000))
    assert filled.vault.info()["blobs"] == before
    assert filled.vault.check().cleaned == ()


def test_reading_beyond_a_files_end_names_the_file(filled: Library) -> None:
    with pytest.raises(BadInput, match=r"p0\.txt ends after"):
        filled.files("r-1").readinto(0, 5, memoryview(bytearray(100)))


def test_every_act_is_in_the_audit_log(filled: Library) -> None:
    filled.add_label("r-1", LabelDraft("class", b"one"))
    newest = filled.vault.audit.entries(2)
    assert [(entry.actor, entry.action, entry.subject) for entry in newest] == [
        ("ada", "label", "r-1"),
        ("ada", "import", "r-6"),
    ]


def test_nothing_imported_stands_in_plain_in_the_vault(filled: Library, source: Path) -> None:
    take(filled, source, "canary.txt", "CANARYKEY;canarygroup;canary note text")
    filled.add_label("r-7", LabelDraft("class", b"canary label" * 5000, {"x": "canary summary"}))
    for path in filled.vault.folder.rglob("*"):
        data = path.read_bytes().lower() if path.is_file() else b""
        assert b"canary" not in data, path
        assert b"name of p" not in data, path
