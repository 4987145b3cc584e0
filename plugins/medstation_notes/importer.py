"""The notes importer: which files hold notes, and the records made of them."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from medstation.api import BadInput, FileSource, Found, Json, Record, RecordDraft, SettingValue, Skipped
from medstation_notes import conll, pubtator, sources, tables
from medstation_notes.spans import label_draft, span_from_json
from medstation_notes.thumbnail import thumbnail

HEAD = 1 << 15
LARGEST = 1 << 31
TEXTS = (".txt", ".text")
TAGGED = (".conll", ".bio", ".iob", ".iob2")
TABLES = (".csv", ".tsv")
NOBODYS = frozenset(("readme", "license", "licence", "changes", "changelog", "copying", "notice"))
"""Texts that lie beside data and are of no patient."""
MOST_SAID = 3
"""Misfits of one note that are named in full."""


class NotesImporter:
    """An `Importer`. `settings`: text_column, patient_column, date_column, id_column, sentences (per document)."""

    def __init__(self, settings: Mapping[str, SettingValue] | None = None) -> None:
        given = dict(settings or {})
        names = ("text_column", "patient_column", "date_column", "id_column")
        text, patient, date, name = (str(given.get(one, "")).strip() for one in names)
        self.columns = tables.Columns(text, patient, date, name)
        self.sentences = int(given.get("sentences", 10))

    def wants(self, path: Path) -> bool:
        suffix = path.suffix.lower()
        if path.stem.lower() in NOBODYS:
            return False
        if suffix not in (*TEXTS, *TAGGED, *TABLES, ".jsonl", ".ndjson", ".pubtator"):
            return False
        with path.open("rb") as file:
            head = file.read(HEAD)
        return _WANTED.get(suffix, _always)(self, head)

    def scan(self, paths: Iterable[Path]) -> Iterator[Found | Skipped]:
        for path in paths:
            try:
                yield from self._scan(path)
            except BadInput as error:
                yield Skipped(path, error.message, error.hint)
            except OSError as error:
                yield Skipped(path, f"it cannot be read ({error.strerror or error})", "Check that it is there.")
            except csv.Error as error:
                yield Skipped(path, f"its rows cannot be read: {error}", "Write it again as CSV in UTF-8.")

    def _scan(self, path: Path) -> Iterator[Found | Skipped]:
        if path.stat().st_size > LARGEST:
            raise BadInput(f"{path.name} is larger than {LARGEST >> 30} GiB", "Cut it into several files.")
        data = path.read_bytes()
        if not data.strip():
            raise BadInput("the file is empty", "Nothing to import.")
        suffix, head = path.suffix.lower(), data[:HEAD]
        if pubtator.looks_like(head):
            yield from sources.pubtator_notes(path, data)
        elif suffix in TAGGED or (suffix in (".tsv", *TEXTS) and conll.looks_like(head)):
            yield from sources.conll_notes(path, data, self.sentences)
        elif suffix in TABLES:
            yield from sources.csv_notes(path, data, self.columns)
        elif suffix in (".jsonl", ".ndjson"):
            yield from sources.jsonl_notes(path, data, self.columns)
        elif suffix in TEXTS:
            yield from sources.text_note(path, data)
        else:
            raise BadInput("it holds no notes that can be read", "Give txt, CSV, JSON lines, CoNLL or PubTator.")

    def assemble(self, group: Sequence[Found]) -> Sequence[RecordDraft | Skipped]:
        """A record per group; of several with the same name the newest file counts."""
        facts = group[-1].facts
        spans = [span_from_json(one) for one in facts.get("spans", ())]
        misfits = list(facts.get("misfits", ()))
        return [
            RecordDraft(
                kind="note",
                title=str(facts["title"]),
                files=(len(group) - 1,),
                when=str(facts.get("when", "")),
                subtitle=_subtitle(facts),
                meta={key: facts[key] for key in ("format", "encoding", "words", "characters")},
                notes=(*facts.get("notes", ()), *_said(misfits), *_repeated(group)),
                labels=(label_draft(spans),) if "spans" in facts else (),
            )
        ]

    def thumbnail(self, record: Record, files: FileSource) -> bytes | None:
        return thumbnail(record, files)


def _subtitle(facts: Json) -> str:
    words = int(facts["words"])
    return f"{words:,} words · {facts['opening']}" if facts.get("opening") else f"{words:,} words"


def _repeated(group: Sequence[Found]) -> Iterator[str]:
    if len(group) > 1:
        yield f"{len(group)} notes of this person are called {group[0].group!r}; the one imported last is shown."


def _said(misfits: Sequence[str]) -> Iterator[str]:
    if misfits:
        more = f" and {len(misfits) - MOST_SAID} more" if len(misfits) > MOST_SAID else ""
        told = "; ".join(misfits[:MOST_SAID])
        yield f"Labels of the file that were left out ({len(misfits)}): {told}{more}."


def _always(importer: NotesImporter, head: bytes) -> bool:
    return True


def _is_table(importer: NotesImporter, head: bytes) -> bool:
    """A table with a column that is known to hold text; others belong to other tasks."""
    if conll.looks_like(head):
        return True
    try:
        return "text" in importer.columns.among(tables.header_of(head, sources.encoding_of_head(head)))
    except (BadInput, csv.Error):
        return bool(importer.columns.text)


def _is_prose(importer: NotesImporter, head: bytes) -> bool:
    """Text with words; columns of numbers belong to other tasks."""
    if b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    words = head.split()
    return sum(_is_number(word) for word in words) <= len(words) / 2


def _is_number(word: bytes) -> bool:
    return word.strip(b"+-").replace(b".", b"").replace(b",", b"").replace(b"e-", b"").replace(b";", b"").isdigit()


_WANTED: Mapping[str, Callable[[NotesImporter, bytes], bool]] = {
    ".csv": _is_table,
    ".tsv": _is_table,
    ".txt": _is_prose,
    ".text": _is_prose,
}
