"""Making records of a group's files, again and again as files are added."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from medstation.api import Found, Importer, LabelDraft, RecordDraft, Skipped
from medstation.library.people import person_of
from medstation.library.shelf import to_text
from medstation.library.words import index_record
from medstation.vault import Row, Transaction, now

_CHANGED = "Files were added after this record was labelled or read by a model: check that labels still fit."
_GONE = "With the files added later, this record is no longer made of its files; it is kept because it has been used."


def assemble(tx: Transaction, importer: Importer, group: int, cautions: Sequence[str]) -> list[Skipped]:
    """Ask the importer for the group's records and store them; what it left out is returned."""
    pieces = tx.all(
        """SELECT pieces.id, pieces.facts, originals.source FROM pieces JOIN originals ON originals.id = original
            WHERE grp = ? ORDER BY pieces.id""",
        group,
    )
    if not pieces:
        return []
    made = importer.assemble(_found(tx, group, pieces))
    drafts = [draft for draft in made if isinstance(draft, RecordDraft)]
    if len({draft.part for draft in drafts}) != len(drafts):
        raise ValueError("the importer made two records with the same part name")
    row = tx.one("SELECT * FROM groups WHERE id = ?", group)
    assert row is not None
    for draft in drafts:
        _store(tx, row, draft, [pieces[index]["id"] for index in draft.files], cautions)
    _retire(tx, group, {draft.part for draft in drafts})
    return [skipped for skipped in made if isinstance(skipped, Skipped)]


def _found(tx: Transaction, group: int, pieces: Sequence[Row]) -> list[Found]:
    row = tx.one("SELECT person, name FROM groups WHERE id = ?", group)
    assert row is not None
    person = person_of(tx, row["person"])
    return [Found(Path(piece["source"]), row["name"], person, json.loads(piece["facts"])) for piece in pieces]


def _store(tx: Transaction, group: Row, draft: RecordDraft, pieces: list[int], cautions: Sequence[str]) -> None:
    columns = {
        "kind": draft.kind,
        "title": draft.title,
        "subtitle": draft.subtitle,
        "taken": draft.when,
        "meta": to_text(draft.meta),
        "notes": to_text(list(draft.notes)),
    }
    known = tx.one("SELECT * FROM records WHERE grp = ? AND part = ?", group["id"], draft.part)
    if known is None:
        place = {"task": group["task"], "person": group["person"], "grp": group["id"], "part": draft.part}
        record = tx.insert("records", **place, **columns, own_notes=to_text(list(cautions)))
    else:
        record = known["id"]
        notes = [*json.loads(known["own_notes"]), *cautions]
        if _used(tx, record) and (columns["meta"] != known["meta"] or pieces != _pieces(tx, record)):
            notes.append(_CHANGED)
        assignments = ", ".join(f"{column} = ?" for column in columns)
        sql = f"UPDATE records SET {assignments}, own_notes = ? WHERE id = ?"
        tx.execute(sql, *columns.values(), to_text(list(dict.fromkeys(notes))), record)
        tx.execute("DELETE FROM record_files WHERE record = ?", record)
        tx.execute("DELETE FROM thumbnails WHERE record = ?", record)
    index_record(tx, record)
    for position, piece in enumerate(pieces):
        tx.insert("record_files", record=record, position=position, piece=piece)
    for label in draft.labels:
        _keep_label(tx, record, label)


def _keep_label(tx: Transaction, record: int, draft: LabelDraft) -> None:
    """A label that came inside the source files; the same one again changes nothing."""
    known = tx.one(
        "SELECT payload, version FROM labels WHERE record = ? AND kind = ? ORDER BY version DESC", record, draft.kind
    )
    if known and (known["payload"] is None or bytes(known["payload"]) == draft.payload or known["version"] > 1):
        return
    facts = {"kind": draft.kind, "version": (known["version"] if known else 0) + 1, "author": "import", "at": now()}
    tx.insert("labels", record=record, **facts, summary=to_text(draft.summary), payload=draft.payload, blob=None)


def _pieces(tx: Transaction, record: int) -> list[int]:
    return [row["piece"] for row in tx.all("SELECT piece FROM record_files WHERE record = ? ORDER BY position", record)]


def _used(tx: Transaction, record: int) -> bool:
    sql = "SELECT 1 FROM labels WHERE record = ?1 UNION ALL SELECT 1 FROM predictions WHERE record = ?1"
    return tx.one(sql, record) is not None


def _retire(tx: Transaction, group: int, parts: set[str]) -> None:
    """Records that are made no longer: removed, or kept with a note where people or models have worked on them."""
    for row in tx.all("SELECT id, part, own_notes FROM records WHERE grp = ?", group):
        if row["part"] in parts:
            continue
        if _used(tx, row["id"]):
            notes = to_text(list(dict.fromkeys([*json.loads(row["own_notes"]), _GONE])))
            tx.execute("UPDATE records SET own_notes = ? WHERE id = ?", notes, row["id"])
        else:
            tx.execute("DELETE FROM records WHERE id = ?", row["id"])
