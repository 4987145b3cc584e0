"""Libraries of earlier forms: they open, their files are recognised, their people and records are found."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from line_importer import TASK, ingest, take

from medstation.library import Library
from medstation.library.schema import MIGRATIONS
from medstation.vault import Vault

CONTENT = b"p1;g;one\n"


@pytest.fixture
def old(vault: Vault) -> Vault:
    """One file as it was stored when content was known by its SHA-256 and there was no search index."""
    vault.migrate("library", MIGRATIONS[:5])
    pending = vault.blobs.put(CONTENT)
    with vault.write("ada", "import") as tx:
        tx.insert("people", id=1, key="p1", name="Name of p1", sex="", birth_date="")
        tx.insert("groups", id=1, task=TASK, person=1, name="g")
        place = {"blob": tx.keep(pending), "start": 0, "length": len(CONTENT)}
        digest = hashlib.sha256(CONTENT).hexdigest()
        tx.insert("originals", id=1, task=TASK, sha256=digest, source="/old/a.txt", **place)
        facts = '{"line": 0, "text": "one"}'
        seal = hashlib.sha256(facts.encode()).digest()
        tx.insert("pieces", id=1, grp=1, original=1, ordinal=0, facts=facts, digest=seal)
        shown = {"title": "one", "subtitle": "1 lines", "taken": "2026-01-02", "meta": '{"lines": 1}', "notes": "[]"}
        tx.insert("records", id=1, task=TASK, person=1, grp=1, part="", kind="note", **shown)
        tx.insert("record_files", record=1, position=0, piece=1)
    return vault


def test_files_stored_before_fingerprints_are_recognised(old: Vault, source: Path) -> None:
    library = Library(old, "ada")
    assert library.files("r-1").read(0) == CONTENT
    again = take(library, source, "b.txt", "p1;g;one")[0]
    assert (again.added, again.duplicates, [record.id for record in again.records]) == (0, 1, ["r-1"])
    assert old.check(deep=True).ok


def test_a_file_as_long_as_an_old_one_is_not_taken_for_it(old: Vault, source: Path) -> None:
    library = Library(old, "ada")
    other = take(library, source, "b.txt", "p1;g;two")[0]
    assert (other.added, library.record("r-1").title) == (1, "one two")
    (source / "c.txt").write_text("p1;g;two\n")
    assert ingest(library, source / "c.txt")[0].duplicates == 1


def test_people_and_records_of_before_are_found(old: Vault) -> None:
    library = Library(old, "ada")
    for query in ("p1", "name OF", "one", "2026-01", "e o"):
        assert [record.id for record in library.records(query=query)] == ["r-1"], query
    assert library.records(query="two") == []


def test_a_copy_of_the_database_is_kept_before_it_changes(old: Vault) -> None:
    Library(old, "ada")
    assert [path.name.split("-")[1] for path in (old.folder / "before").iterdir()] == ["library"]
