"""A data set is split by patient, never changes and never leaks a patient from one part into another."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from line_importer import TASK, take
from sqlcipher3 import dbapi2

from medstation.api import BadInput, LabelDraft, NotFound, WrongUsage
from medstation.library import PARTS, Library
from medstation.library.splitting import split

keys = st.sets(st.text(min_size=1, max_size=5), min_size=3, max_size=60)
fraction_triples = st.tuples(st.floats(0.01, 1), st.floats(0.01, 1), st.floats(0.01, 1)).map(
    lambda shares: tuple(share / sum(shares) for share in shares)
)


@given(patients=keys, fractions=fraction_triples, seed=st.integers(0, 1000))
def test_every_patient_is_in_one_part_and_no_part_is_empty(
    patients: set[str], fractions: tuple[float, ...], seed: int
) -> None:
    parts = split(patients, fractions, seed)
    assert set(parts) == patients
    assert set(parts.values()) == set(PARTS)
    assert split(sorted(patients, reverse=True), fractions, seed) == parts
    for part, share in zip(PARTS, fractions, strict=True):
        assert abs(list(parts.values()).count(part) - share * len(patients)) < 3


def test_the_split_is_the_same_on_every_machine() -> None:
    assert split("abcdef", (0.6, 0.2, 0.2), 0) == split("fedcba", (0.6, 0.2, 0.2), 0)
    assert "".join(part[0] for _, part in sorted(split("abcdefghij", (0.6, 0.2, 0.2), 0).items())) == "ttttttvtvt"


def test_another_seed_gives_another_split() -> None:
    patients = [str(number) for number in range(40)]
    assert split(patients, (0.5, 0.25, 0.25), 0) != split(patients, (0.5, 0.25, 0.25), 1)


def test_a_part_may_be_left_out_on_purpose() -> None:
    assert set(split("ab", (0, 0, 1), 0).values()) == {"test"}


@pytest.mark.parametrize("fractions", [(0.5, 0.5), (0.5, 0.5, 0.5), (-0.2, 0.6, 0.6), (float("nan"), 0.5, 0.5)])
def test_senseless_fractions_are_told(fractions: tuple[float, ...]) -> None:
    with pytest.raises(WrongUsage, match="not a split"):
        split("abc", fractions, 0)


def label_all(library: Library) -> None:
    for record in library.records():
        library.add_label(record.id, LabelDraft("class", b"x"))


def test_all_labelled_records_of_the_task_are_taken_with_their_newest_label(filled: Library) -> None:
    label_all(filled)
    newest = filled.add_label("r-1", LabelDraft("class", b"better"))
    made = filled.create_dataset("first", TASK, "class")
    later = filled.add_label("r-1", LabelDraft("class", b"later"))
    assert filled.dataset("first") == made == filled.datasets(TASK)[0]
    assert {item.record_id: item.label_id for item in made.items}["r-1"] == newest.id != later.id
    assert [len(made.part(part)) for part in PARTS] == [4, 1, 1]
    cases = filled.cases("first")
    assert [(case.record.id, case.patient, case.part) for case in cases] == [
        (item.record_id, item.patient, item.part) for item in made.items
    ]


def test_all_records_of_a_patient_are_in_one_part(filled: Library, source: Path) -> None:
    for number in range(12):
        take(filled, source, f"more{number}.txt", f"p{number % 4};more{number};text {number}")
    label_all(filled)
    for seed in range(5):
        made = filled.create_dataset(f"seed {seed}", TASK, "class", seed=seed)
        parts: dict[str, set[str]] = {}
        for item in made.items:
            parts.setdefault(item.patient, set()).add(item.part)
        assert len(made.items) == 18
        assert all(len(found) == 1 for found in parts.values())


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE dataset_patients SET part = 'train'",
        "DELETE FROM dataset_patients",
        "UPDATE dataset_items SET label = 1",
        "DELETE FROM dataset_items",
        "INSERT INTO dataset_items SELECT dataset, 99, person, label, 99 FROM dataset_items LIMIT 1",
        "INSERT INTO dataset_patients SELECT id, 6, 'train' FROM datasets",
        "INSERT OR REPLACE INTO dataset_patients SELECT dataset, person, 'train' FROM dataset_patients",
        "UPDATE datasets SET frozen = 0",
        "UPDATE datasets SET name = 'other'",
        "DELETE FROM datasets",
    ],
)
def test_a_data_set_never_changes(filled: Library, sql: str) -> None:
    label_all(filled)
    made = filled.create_dataset("first", TASK, "class", [f"r-{number}" for number in range(1, 6)])
    with pytest.raises(dbapi2.IntegrityError, match="never"), filled.vault.write("", "") as tx:
        tx.execute(sql)
    assert filled.dataset("first") == made


def test_the_tables_themselves_keep_a_patient_out_of_a_second_part(filled: Library) -> None:
    label_all(filled)
    with pytest.raises(dbapi2.IntegrityError, match="UNIQUE"), filled.vault.write("", "") as tx:
        facts = {"name": "x", "task": TASK, "label_kind": "class", "at": "", "author": "", "seed": 0, "fractions": ""}
        dataset = tx.insert("datasets", **facts)
        for part in ("train", "test"):
            tx.insert("dataset_patients", dataset=dataset, person=1, part=part)
    with pytest.raises(dbapi2.IntegrityError, match="FOREIGN KEY"), filled.vault.write("", "") as tx:
        dataset = tx.insert("datasets", **facts)
        tx.insert("dataset_patients", dataset=dataset, person=1, part="train")
        tx.insert("dataset_items", dataset=dataset, record=2, person=1, label=2, position=0)


def test_records_of_one_patient_make_no_data_set(library: Library, source: Path) -> None:
    take(library, source, "a.txt", "p1;a;one", "p1;b;two", "p1;c;three")
    label_all(library)
    with pytest.raises(BadInput, match="one patient"):
        library.create_dataset("first", TASK, "class")
    take(library, source, "b.txt", "p2;d;four")
    label_all(library)
    with pytest.raises(BadInput, match="2 patients"):
        library.create_dataset("first", TASK, "class")
    assert library.datasets() == []


def test_what_does_not_fit_a_data_set_is_named(filled: Library) -> None:
    with pytest.raises(BadInput, match="no record"):
        filled.create_dataset("first", TASK, "class")
    label_all(filled)
    filled.add_label("r-1", LabelDraft("mask", b"x"))
    with pytest.raises(BadInput, match="r-2 has no label"):
        filled.create_dataset("first", TASK, "mask", ["r-1", "r-2"])
    with pytest.raises(BadInput, match="belongs to"):
        filled.create_dataset("first", "other.task", "class", ["r-1"])
    with pytest.raises(NotFound):
        filled.create_dataset("first", TASK, "class", ["r-77"])
    with pytest.raises(WrongUsage, match="name"):
        filled.create_dataset(" ", TASK, "class")
    filled.create_dataset("first", TASK, "class")
    with pytest.raises(WrongUsage, match="already"):
        filled.create_dataset("first", TASK, "class")
    with pytest.raises(NotFound, match="no data set"):
        filled.dataset("second")
