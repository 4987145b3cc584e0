"""Data sets: named records with pinned label versions, split by patient, never changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from medstation.api import BadInput, Case, NotFound, WrongUsage
from medstation.library.ids import LABEL, RECORD, optional_id, text_id
from medstation.library.records import record_of, record_row
from medstation.library.shelf import Shelf, to_text
from medstation.library.splitting import given_split, split
from medstation.library.values import DataSet, DataSetItem
from medstation.vault import Reader, Row, Transaction, now


class DataSets(Shelf):
    """The part of the library that makes data sets."""

    def create_dataset(
        self,
        name: str,
        task: str,
        label_kind: str,
        record_ids: Sequence[str] | None = None,
        fractions: Sequence[float] = (0.6, 0.2, 0.2),
        seed: int = 0,
        parts: Mapping[str, str] | None = None,
        record_kinds: Sequence[str] = (),
    ) -> DataSet:
        """Freeze records (None: all of the task that have such a label) with their newest labels, split by patient.

        `label_kind` "" takes records without labels; `record_kinds`, where given, only records of these kinds.
        `parts` (record id -> part) keeps a published split instead of `fractions`; `BadInput` when it puts a patient
        into two parts.
        """
        if not name.strip():
            raise WrongUsage("a data set needs a name", "Give one that says what is in it.")
        with self.vault.write(self.user, "dataset.create", subject=name) as tx:
            if tx.one("SELECT 1 FROM datasets WHERE name = ?", name):
                raise WrongUsage(
                    f"there is a data set {name!r} already", "Data sets never change: choose another name."
                )
            rows = _chosen(tx, task, label_kind, record_kinds, list(parts) if parts is not None else record_ids)
            patients = [row["person_key"] for row in rows]
            if parts is None:
                divided = split(patients, fractions, seed)
            else:
                divided = given_split(patients, [parts[text_id(RECORD, row["record"])] for row in rows])
            _store(tx, name, task, label_kind, rows, divided, fractions, seed, self.user)
            tx.detail = {
                "task": task,
                "label_kind": label_kind,
                "records": len(rows),
                "patients": len(divided),
                "seed": seed,
            }
            return _dataset_of(tx, _dataset_row(tx, name))

    def datasets(self, task: str = "") -> list[DataSet]:
        """Newest first."""
        with self.vault.read() as reader:
            rows = reader.all("SELECT * FROM datasets WHERE ?1 = '' OR task = ?1 ORDER BY id DESC", task)
            return [_dataset_of(reader, row) for row in rows]

    def dataset(self, name: str) -> DataSet:
        with self.vault.read() as reader:
            return _dataset_of(reader, _dataset_row(reader, name))

    def cases(self, name: str) -> list[Case]:
        """The data set's records as a trainer gets them, in the data set's order."""
        with self.vault.read() as reader:
            items = _dataset_of(reader, _dataset_row(reader, name)).items
            records = [record_of(record_row(reader, item.record_id)) for item in items]
        return [Case(record, item.label_id, item.part) for record, item in zip(records, items, strict=True)]


def dataset_id(reader: Reader, name: str) -> int:
    return int(_dataset_row(reader, name)["id"])


def _dataset_row(reader: Reader, name: str) -> Row:
    row = reader.one("SELECT * FROM datasets WHERE name = ?", name)
    if row is None:
        raise NotFound(f"there is no data set {name!r}", "`medstation dataset list` lists what there is.")
    return row


def _chosen(
    tx: Transaction, task: str, label_kind: str, record_kinds: Sequence[str], record_ids: Sequence[str] | None
) -> list[Row]:
    """Rows (record, kind, person, person_key, label) of the newest labels, in order of record."""
    rows = tx.all(
        """SELECT records.id AS record, records.kind, records.person, people.key AS person_key, max(labels.id) AS label
            FROM records JOIN people ON people.id = records.person
            LEFT JOIN labels ON labels.record = records.id AND labels.kind = ?1
            WHERE records.task = ?2 AND (labels.id IS NOT NULL OR ?1 = '') GROUP BY records.id ORDER BY records.id""",
        label_kind,
        task,
    )
    if record_ids is not None:
        labelled = {row["record"]: row for row in rows}
        rows = [
            _fitting(tx, record_id, task, label_kind, record_kinds, labelled) for record_id in dict.fromkeys(record_ids)
        ]
    elif record_kinds:
        rows = [row for row in rows if row["kind"] in record_kinds]
    if not rows:
        kinds = f" of kind {' or '.join(record_kinds)}" if record_kinds else ""
        if label_kind:
            raise BadInput(
                f"no record of {task}{kinds} has a label of kind {label_kind!r}", "Label some records first."
            )
        raise BadInput(f"there is no record of {task}{kinds}", "Import some first.")
    return rows


def _fitting(
    tx: Transaction,
    record_id: str,
    task: str,
    label_kind: str,
    record_kinds: Sequence[str],
    labelled: dict[int, Row],
) -> Row:
    row = record_row(tx, record_id)
    if row["task"] != task:
        raise BadInput(f"record {record_id} belongs to {row['task']}, not to {task}", "Choose records of one task.")
    if record_kinds and row["kind"] not in record_kinds:
        raise BadInput(f"record {record_id} is of kind {row['kind']}", f"Choose records of: {', '.join(record_kinds)}.")
    if row["id"] not in labelled:
        raise BadInput(f"record {record_id} has no label of kind {label_kind!r}", "Label it first, or leave it out.")
    return labelled[row["id"]]


def _store(
    tx: Transaction,
    name: str,
    task: str,
    label_kind: str,
    rows: Sequence[Row],
    parts: dict[str, str],
    fractions: Sequence[float],
    seed: int,
    user: str,
) -> None:
    facts = {"name": name, "task": task, "label_kind": label_kind, "at": now(), "author": user, "seed": seed}
    dataset = tx.insert("datasets", **facts, fractions=to_text(list(fractions)))
    for person, key in {row["person"]: row["person_key"] for row in rows}.items():
        tx.insert("dataset_patients", dataset=dataset, person=person, part=parts[key])
    for position, row in enumerate(rows):
        item = {"record": row["record"], "person": row["person"], "label": row["label"]}
        tx.insert("dataset_items", dataset=dataset, position=position, **item)
    tx.execute("UPDATE datasets SET frozen = 1 WHERE id = ?", dataset)


def _dataset_of(reader: Reader, row: Row) -> DataSet:
    rows = reader.all(
        """SELECT record, label, dataset_patients.part, people.key, records.kind FROM dataset_items
            JOIN dataset_patients USING (dataset, person) JOIN people ON people.id = dataset_items.person
            JOIN records ON records.id = record
            WHERE dataset = ? ORDER BY position""",
        row["id"],
    )
    items = tuple(
        DataSetItem(text_id(RECORD, item["record"]), optional_id(LABEL, item["label"]), item["key"], item["part"])
        for item in rows
    )
    kinds = tuple(sorted({item["kind"] for item in rows}))
    return DataSet(row["name"], row["task"], row["label_kind"], row["at"], items, kinds)
