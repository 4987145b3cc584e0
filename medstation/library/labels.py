"""Labels: what people say of records, version by version."""

from __future__ import annotations

import json
from collections.abc import Sequence

from medstation.api import Label, LabelDraft, Record
from medstation.library.finding import SELECT
from medstation.library.ids import LABEL, RECORD, missing, row_id, text_id
from medstation.library.records import record_of, record_row
from medstation.library.shelf import Shelf, to_text
from medstation.vault import Reader, Row, now


class Labels(Shelf):
    """The part of the library that keeps labels. Nothing is overwritten: each save is a new version."""

    def add_label(self, record_id: str, draft: LabelDraft) -> Label:
        with self._staged(draft.payload, inline=True) as payload, self.vault.write(self.user, "label") as tx:
            record = record_row(tx, record_id)["id"]
            sql = "SELECT coalesce(max(version), 0) + 1 FROM labels WHERE record = ? AND kind = ?"
            row = tx.one(sql, record, draft.kind)
            assert row is not None
            facts = {"record": record, "kind": draft.kind, "version": row[0], "author": self.user, "at": now()}
            label_id = text_id(LABEL, tx.insert("labels", **facts, summary=to_text(draft.summary), **payload.keep(tx)))
            tx.subject = record_id
            tx.detail = {"label": label_id, "kind": draft.kind, "version": row[0]}
            return _label_of(label_row(tx, label_id))

    def labels(self, record_id: str) -> list[Label]:
        """Newest first."""
        with self.vault.read() as reader:
            record = record_row(reader, record_id)["id"]
            return [
                _label_of(row) for row in reader.all("SELECT * FROM labels WHERE record = ? ORDER BY id DESC", record)
            ]

    def label(self, label_id: str) -> Label:
        with self.vault.read() as reader:
            return _label_of(label_row(reader, label_id))

    def label_payload(self, label_id: str) -> bytes:
        """The label's bytes in its kind's encoding."""
        with self.vault.read() as reader:
            row = label_row(reader, label_id)
        return self._payload(row)

    def latest_label(self, record_id: str, kind: str) -> Label | None:
        return next((label for label in self.labels(record_id) if label.kind == kind), None)

    def unlabelled(self, task: str, record_kinds: Sequence[str], label_kind: str) -> list[Record]:
        """Records of these kinds that have no label of `label_kind`, as they came in."""
        with self.vault.read() as reader:
            rows = reader.all(
                f"""{SELECT} FROM records JOIN people ON people.id = records.person
                    WHERE records.task = ? AND records.kind IN (SELECT value FROM json_each(?)) AND NOT EXISTS
                    (SELECT 1 FROM labels WHERE labels.record = records.id AND labels.kind = ?) ORDER BY records.id""",
                task,
                to_text(list(record_kinds)),
                label_kind,
            )
        return [record_of(row) for row in rows]


def label_row(reader: Reader, label_id: str) -> Row:
    row = reader.one("SELECT * FROM labels WHERE id = ?", row_id(LABEL, label_id))
    if row is None:
        raise missing(LABEL, label_id)
    return row


def _label_of(row: Row) -> Label:
    return Label(
        id=text_id(LABEL, row["id"]),
        record=text_id(RECORD, row["record"]),
        kind=row["kind"],
        version=row["version"],
        author=row["author"],
        when=row["at"],
        summary=json.loads(row["summary"]),
    )
