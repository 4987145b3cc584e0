"""Records: finding them, their files, their thumbnails."""

from __future__ import annotations

import json
from collections.abc import Sequence

from medstation.api import FileSource, Person, Record
from medstation.library.files import StoredFiles
from medstation.library.finding import ORDER, SELECT, Wanted, find
from medstation.library.ids import LABEL, PREDICTION, RECORD, missing, row_id, text_id
from medstation.library.shelf import Shelf, to_text
from medstation.library.values import Counts
from medstation.vault import Reader, Row

_JOINED = "FROM records JOIN people ON people.id = records.person"


class Records(Shelf):
    """The part of the library that finds records."""

    def records(
        self, task: str = "", person: str = "", query: str = "", limit: int = -1, offset: int = 0
    ) -> list[Record]:
        """Sorted by patient, then time. `person` is a patient's key; every word of `query` must occur somewhere in
        key, name, title, subtitle or time. At most `limit` of them (-1: all), after the first `offset`."""
        with self.vault.read() as reader:
            return [record_of(row) for row in find(reader, Wanted(task, person, query, limit, offset))]

    def records_beside(self, task: str, records: Sequence[Record]) -> list[Record]:
        """What the people of `records` have in other tasks, sorted as there."""
        keys = to_text(sorted({record.person.key for record in records}))
        with self.vault.read() as reader:
            rows = reader.all(
                f"""{SELECT} FROM people CROSS JOIN records ON records.person = people.id
                    WHERE people.key IN (SELECT value FROM json_each(?)) AND records.task <> ?{ORDER}""",
                keys,
                task,
            )
        return [record_of(row) for row in rows]

    def count(self, task: str = "") -> int:
        """How many records there are."""
        with self.vault.read() as reader:
            row = reader.one(
                f"SELECT count(*) FROM records{' WHERE task = ?' if task else ''}", *([task] if task else [])
            )
        return int(row[0]) if row else 0

    def record(self, record_id: str) -> Record:
        with self.vault.read() as reader:
            return record_of(record_row(reader, record_id))

    def group(self, record_id: str) -> str:
        """What the record's files belong together by, as its importer named it (DICOM: the series)."""
        with self.vault.read() as reader:
            row = record_row(reader, record_id)
            named = reader.one("SELECT name FROM groups WHERE id = ?", row["grp"])
        return str(named["name"]) if named else ""

    def files(self, record_id: str) -> FileSource:
        """The record's original files, in its own order."""
        with self.vault.read() as reader:
            row = record_row(reader, record_id)
            rows = reader.all(
                """SELECT source, facts, blob, start, length FROM record_files
                    JOIN pieces ON pieces.id = record_files.piece JOIN originals ON originals.id = pieces.original
                    WHERE record = ? ORDER BY position""",
                row["id"],
            )
        return StoredFiles(self.vault.blobs, record_id, rows)

    def thumbnail(self, record_id: str) -> bytes | None:
        """A PNG, or None where there is none."""
        with self.vault.read() as reader:
            row = reader.one("SELECT png FROM thumbnails WHERE record = ?", record_row(reader, record_id)["id"])
        return bytes(row["png"]) if row else None

    def counts(self, record_ids: Sequence[str]) -> dict[str, Counts]:
        """Labels and predictions per record."""
        numbers = to_text([row_id(RECORD, record_id) for record_id in record_ids])
        sql = """SELECT value, (SELECT count(*) FROM labels WHERE record = value),
            (SELECT count(*) FROM predictions WHERE record = value) FROM json_each(?)"""
        with self.vault.read() as reader:
            return {text_id(RECORD, row[0]): Counts(row[1], row[2]) for row in reader.all(sql, numbers)}

    def uses(self, blob_id: str) -> list[str]:
        """What a blob holds, for reports of damage: "record r-3", "label l-2", "model m-1", ..."""
        sql = """SELECT DISTINCT 'record', ?2, record FROM originals
                JOIN pieces ON pieces.original = originals.id JOIN record_files ON piece = pieces.id WHERE blob = ?1
            UNION ALL SELECT 'label', ?3, id FROM labels WHERE blob = ?1
            UNION ALL SELECT 'model', 'm', id FROM models WHERE blob = ?1
            UNION ALL SELECT 'checkpoint of run', 'run', run FROM checkpoints WHERE blob = ?1
            UNION ALL SELECT 'prediction', ?4, id FROM predictions WHERE blob = ?1"""
        with self.vault.read() as reader:
            rows = reader.all(sql, blob_id, RECORD, LABEL, PREDICTION)
        return [f"{row[0]} {text_id(row[1], row[2])}" for row in rows]


def record_row(reader: Reader, record_id: str) -> Row:
    row = reader.one(f"{SELECT} {_JOINED} WHERE records.id = ?", row_id(RECORD, record_id))
    if row is None:
        raise missing(RECORD, record_id)
    return row


def record_of(row: Row) -> Record:
    """A row of records joined with people."""
    return Record(
        id=text_id(RECORD, row["id"]),
        task=row["task"],
        kind=row["kind"],
        person=Person(row["person_key"], row["person_name"], row["sex"], row["birth_date"]),
        title=row["title"],
        subtitle=row["subtitle"],
        when=row["taken"],
        meta=json.loads(row["meta"]),
        notes=(*json.loads(row["notes"]), *json.loads(row["own_notes"])),
    )


def records_of_group(reader: Reader, group: int) -> list[Record]:
    rows = reader.all(f"{SELECT} {_JOINED} WHERE records.grp = ? ORDER BY records.id", group)
    return [record_of(row) for row in rows]
