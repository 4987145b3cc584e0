"""What a search finds does not depend on how it is looked for; pages follow one another without gaps."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from line_importer import LineImporter, groups, no_report, take

from medstation.api import Record
from medstation.library import Library, finding

NAMES = ["Müller^Jörg", "MULLER^Jorg", "O'Neill^%", "王伟", "Smith_Jones", "x", "a\\b", 'say "no"', "İpek"]
WORDS = ["chest", "CT", "brain", "12-lead", "résumé", "100%", "a_b", "胸部", "Q", "(left)", "*"]


@pytest.fixture
def crowd(library: Library, source: Path) -> Library:
    chance = random.Random(3)
    lines = []
    for number in range(60):
        lines.append(f"P-{number:03d};g{number};{' '.join(chance.sample(WORDS, 3))}")
    (source / "all.txt").write_text("".join(f"{line}\n" for line in lines))
    for number, (found,) in enumerate(groups([source / "all.txt"])):
        person = type(found.person)(found.person.key, NAMES[number % len(NAMES)])
        named = type(found)(found.path, found.group, person, found.facts)
        task = "other" if number % 7 == 0 else "notes.line"
        library.ingest(task, LineImporter(), [named], no_report)
    return library


def holds(record: Record, word: str) -> bool:
    """As the promise says it, letter case of the Latin alphabet aside."""
    texts = (record.person.key, record.person.name, record.title, record.subtitle, record.when)
    return any(_plain(word) in _plain(text) for text in texts)


def _plain(text: str) -> str:
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)


QUERIES = [*WORDS, "ch", "c", "P-01", "p-007", "MÜLLER", "üll", "王", "王伟", "neill", "%", "_", "\\", '"no"', "say no",
           "chest P-0", "伟 CT", "2026-01 lines", "brainch", "İpek", "nowhere"]  # fmt: skip


def test_every_way_of_searching_finds_the_same(crowd: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    everything = crowd.records()
    for few in (0, 5, 1000):
        for name in ("_FEW_PEOPLE", "_FEW_RECORDS"):
            monkeypatch.setattr(finding, name, few)
        monkeypatch.setattr(finding, "_PEOPLE_ON_THE_WAY", few)
        for query in QUERIES:
            expected = [record for record in everything if all(holds(record, word) for word in query.split())]
            assert crowd.records(query=query) == expected, (query, few)
            one_task = [record for record in expected if record.task == "other"]
            assert crowd.records("other", query=query) == one_task, (query, few)
            assert crowd.records(query=query, limit=3, offset=1) == expected[1:4], (query, few)


def test_pages_follow_one_another(crowd: Library) -> None:
    everything = crowd.records()
    pages = [crowd.records(limit=7, offset=offset) for offset in range(0, 70, 7)]
    assert [record for page in pages for record in page] == everything
    assert len(everything) == crowd.count() == 60
    assert crowd.count("other") == 9
    assert crowd.records(limit=0) == []


@pytest.mark.parametrize("task", ["", "notes.line"])
def test_a_page_of_a_long_list_is_read_in_its_order_and_not_sorted(
    crowd: Library, task: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "_FEW_RECORDS", 0)
    asked: list[tuple[str, tuple[object, ...]]] = []
    with crowd.vault.read() as reader:
        all_rows = reader.all
        monkeypatch.setattr(reader, "all", lambda sql, *values: asked.append((sql, values)) or all_rows(sql, *values))
        assert len(finding.find(reader, finding.Wanted(task, limit=5))) == 5
        plan = [row["detail"] for sql, values in asked for row in all_rows(f"EXPLAIN QUERY PLAN {sql}", *values)]
    assert any("people_in_order" in step for step in plan)
    assert not any("B-TREE" in step and "LAST TERM" not in step for step in plan), plan


def test_a_name_that_comes_later_is_found(library: Library, source: Path) -> None:
    (source / "a.txt").write_text("p1;g;one\n")
    found = groups([source / "a.txt"])[0][0]
    nameless = type(found)(found.path, found.group, type(found.person)("p1"), found.facts)
    library.ingest("notes.line", LineImporter(), [nameless], no_report)
    assert library.records(query="name of") == []
    take(library, source, "b.txt", "p1;g;two")
    assert [record.title for record in library.records(query="name of")] == ["one two"]
    assert library.records(query="one t") != []


def test_a_record_that_is_gone_is_not_found(library: Library, source: Path) -> None:
    take(library, source, "a.txt", "p1;g;one")
    with library.vault.write("ada", "") as tx:
        tx.execute("DELETE FROM records")
        assert tx.all("SELECT rowid FROM record_words WHERE record_words MATCH ?", '"6fx6e 6ex65"') == []
    assert library.records(query="one") == []
