"""Importing one group: originals into the vault, records out of them, whole or not at all."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path

from medstation.api import Found, Importer, Record, RecordDraft, ReportProgress, Skipped
from medstation.library.assembly import assemble
from medstation.library.ids import RECORD, row_id
from medstation.library.packing import Pack, Packer
from medstation.library.people import keep_person
from medstation.library.records import Records, records_of_group
from medstation.library.shelf import to_text
from medstation.library.values import Ingested
from medstation.vault import Transaction, Vault

_log = logging.getLogger(__name__)


class Ingest(Records):
    """The part of the library that takes files in."""

    def __init__(self, vault: Vault, user: str) -> None:
        super().__init__(vault, user)
        self._packers: dict[str, Packer] = {}

    def ingest(self, task: str, importer: Importer, group: Sequence[Found], report: ReportProgress) -> Ingested:
        """Store a group's files and make or complete its records; importing the same again changes nothing.

        All of `group` must have the same person and group name. When it is interrupted, nothing of it is stored.
        """
        if len({(found.person.key, found.group) for found in group}) != 1:
            raise ValueError("all files of a group must have the same person and group")
        packer = self._packers.setdefault(task, Packer(self.vault, task))
        pack = packer.pack(_paths_in_order(importer, group), report)
        taken = [found for found in group if found.path in pack.originals]
        try:
            ingested = self._store(task, importer, taken, pack) if taken else Ingested([], 0, 0, pack.skipped)
        finally:
            if pack.pending:
                self.vault.blobs.discard(pack.pending)  # does nothing once it is kept
        self._make_thumbnails(importer, ingested.records)
        return ingested

    def _store(self, task: str, importer: Importer, group: Sequence[Found], pack: Pack) -> Ingested:
        try:
            with self.vault.write(self.user, "import") as tx:
                intake = _Intake(tx, task, group, pack)
                intake.store()
                skipped = intake.assemble(importer)
                records = intake.records()
                if not records:
                    raise _NothingMadeError(skipped)
                tx.subject = records[0].id if len(records) == 1 else ""
                tx.detail = {
                    "task": task,
                    "records": [record.id for record in records],
                    "files": intake.added,
                    "duplicates": intake.duplicates,
                }
        except _NothingMadeError as nothing:
            return Ingested([], 0, 0, pack.skipped + nothing.skipped)
        return Ingested(records, intake.added, intake.duplicates, pack.skipped + skipped)

    def _make_thumbnails(self, importer: Importer, records: Sequence[Record]) -> None:
        for record in records:
            with self.vault.read() as reader:
                if reader.one("SELECT 1 FROM thumbnails WHERE record = ?", row_id(RECORD, record.id)):
                    continue
            png = self._draw_thumbnail(importer, record)
            if png is None:
                continue
            with self.vault.write(self.user, "") as tx:
                tx.execute("INSERT OR REPLACE INTO thumbnails VALUES (?, ?)", row_id(RECORD, record.id), png)

    def _draw_thumbnail(self, importer: Importer, record: Record) -> bytes | None:
        try:
            return importer.thumbnail(record, self.files(record.id))
        except Exception as error:  # a picture is not worth failing an import that is stored already
            _log.warning("no thumbnail for %s: %s", record.id, type(error).__name__)
            return None


def _paths_in_order(importer: Importer, group: Sequence[Found]) -> list[Path]:
    """The files as their records will have them: what is read one after the other should lie one after the other.

    File names say little of that: those of DICOM archives are random numbers.
    """
    drafts = [made for made in importer.assemble(group) if isinstance(made, RecordDraft)]
    wanted = [index for draft in drafts for index in draft.files]
    return [group[index].path for index in dict.fromkeys([*wanted, *range(len(group))])]


class _NothingMadeError(Exception):
    """No record came of a group: nothing of it is stored."""

    def __init__(self, skipped: list[Skipped]) -> None:
        super().__init__()
        self.skipped = skipped


class _Intake:
    """One group on its way into the tables, inside one transaction."""

    def __init__(self, tx: Transaction, task: str, group: Sequence[Found], pack: Pack) -> None:
        self._tx, self._task, self._group, self._pack = tx, task, group, pack
        self._person, self._cautions = keep_person(tx, group[0].person)
        self._row = self._group_row(group[0].group)
        self._elsewhere: set[int] = set()
        self._changed = False
        self.added = self.duplicates = 0

    def _group_row(self, name: str) -> int:
        columns = {"task": self._task, "person": self._person, "name": name}
        row = self._tx.one("SELECT id FROM groups WHERE task = ? AND person = ? AND name = ?", *columns.values())
        return int(row["id"]) if row else self._tx.insert("groups", **columns)

    def store(self) -> None:
        """Rows for files and for what was found in them."""
        originals = self._originals()
        seen: set[int] = set()
        by_path: dict[object, list[Found]] = {}
        for found in self._group:
            by_path.setdefault(found.path, []).append(found)
        for path, founds in by_path.items():
            original, is_new = originals[path]
            again = original in seen  # the same content under a second name
            seen.add(original)
            news = [self._piece(original, is_new, place, found) for place, found in enumerate(founds) if not again]
            self.added += is_new and not again
            self.duplicates += again or not (is_new or any(news))

    def _originals(self) -> dict[object, tuple[int, bool]]:
        """Row and "is new" of every file. The pack is kept only when something in it is new."""
        rows: dict[object, tuple[int, bool]] = {}
        blob = ""
        for path, original in self._pack.originals.items():
            sql = "SELECT id FROM originals WHERE task = ? AND fingerprint = ?"
            row = self._tx.one(sql, self._task, original.fingerprint)
            if row is not None:
                rows[path] = (int(row["id"]), False)
                continue
            if original.start is None or self._pack.pending is None:
                raise RuntimeError("an original vanished from the vault while it was imported again")
            blob = blob or self._tx.keep(self._pack.pending)
            place = {"blob": blob, "start": original.start, "length": original.length}
            facts = {"task": self._task, "fingerprint": original.fingerprint, "source": str(path)}
            rows[path] = (self._tx.insert("originals", **facts, **place), True)
        return rows

    def _piece(self, original: int, is_new: bool, ordinal: int, found: Found) -> bool:
        """Note what was found in a file; True when that is news, as all is that was found in a new one."""
        facts = to_text(found.facts)
        digest = hashlib.sha256(facts.encode()).digest()
        sql = "SELECT id, facts FROM pieces WHERE grp = ? AND original = ? AND ordinal = ?"
        known = None if is_new else self._tx.one(sql, self._row, original, ordinal)
        if known is None and not is_new and self._found_elsewhere(original, digest):
            return False
        if known is None:
            place = {"grp": self._row, "original": original, "ordinal": ordinal}
            self._tx.insert("pieces", **place, facts=facts, digest=digest)
        elif known["facts"] != facts:  # a newer importer reads more of the same file
            self._tx.execute("UPDATE pieces SET facts = ?, digest = ? WHERE id = ?", facts, digest, known["id"])
        else:
            return False
        self._changed = True
        return True

    def _found_elsewhere(self, original: int, digest: bytes) -> bool:
        """The same thing of the same person in another group: a copy of a file under another name."""
        row = self._tx.one(
            """SELECT groups.id FROM pieces JOIN groups ON groups.id = pieces.grp
                WHERE original = ? AND digest = ? AND person = ? AND task = ? AND groups.id <> ?""",
            original,
            digest,
            self._person,
            self._task,
            self._row,
        )
        if row:
            self._elsewhere.add(int(row["id"]))
        return row is not None

    def assemble(self, importer: Importer) -> list[Skipped]:
        """Make the group's records anew when there is news of it."""
        if not self._changed and records_of_group(self._tx, self._row):
            return []
        return assemble(self._tx, importer, self._row, self._cautions)

    def records(self) -> list[Record]:
        groups = [self._row, *sorted(self._elsewhere)]
        return [record for group in groups for record in records_of_group(self._tx, group)]
