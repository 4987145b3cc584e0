"""What each kind of file gives: one `Found` per note, with all that is needed to read that note again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from medstation.api import BadInput, Found, Json, Person, Skipped
from medstation_notes import conll, encodings, pubtator, tables
from medstation_notes.dates import iso
from medstation_notes.pieces import Piece
from medstation_notes.spans import Span, checked

OPENING = 60
EMPTY_HINT = "Nothing to import there."


def encoding_of_head(head: bytes) -> str:
    """The encoding of the beginning of a file, cut at its last line end."""
    return encodings.find(head[: head.rfind(b"\n") + 1] or head).name


def text_note(path: Path, data: bytes) -> Iterator[Found | Skipped]:
    """The whole file is one note; its name tells the patient."""
    encoding = encodings.find(data)
    text = encodings.decode(data, encoding.name)
    if not text.strip():
        raise BadInput("the note is empty", EMPTY_HINT)
    facts = _facts("text", encoding, Piece(0, len(data)), text, path.stem)
    yield Found(path, path.stem, Person(path.stem), facts)


def pubtator_notes(path: Path, data: bytes) -> Iterator[Found | Skipped]:
    encoding = _by_lines(data)
    for piece in pubtator.documents(data):
        block = encodings.decode(piece.of(data), encoding.name).lstrip("\ufeff")
        name, text = pubtator.text_of(block)
        if not text.strip():
            yield Skipped(path, f"document {name or '?'}: the note is empty", EMPTY_HINT)
            continue
        spans, wrong = pubtator.spans_of(block, text)
        facts = _facts("pubtator", encoding, piece, text, name, spans, wrong)
        yield Found(path, name, Person(name), facts)


def conll_notes(path: Path, data: bytes, per_document: int) -> Iterator[Found | Skipped]:
    encoding = _by_lines(data)
    for number, piece in enumerate(conll.documents(data, per_document), 1):
        block = encodings.decode(piece.of(data), encoding.name).lstrip("\ufeff")
        wrong = [f"line {line} of the document is no word with a tag" for line in conll.bad_lines(block)]
        text, _, spans = conll.rebuilt(conll.sentences_of(block))
        name = f"{path.parent.name}-{path.stem}-{number:04d}" if path.parent.name else f"{path.stem}-{number:04d}"
        if not text.strip():
            if not block.strip().startswith("-DOCSTART-"):
                yield Skipped(path, f"document {number}: no words with tags", "A line holds a word, a tab and a tag.")
            continue
        facts = _facts("conll", encoding, piece, text, name, spans, wrong)
        yield Found(path, name, Person(name), facts)


def csv_notes(path: Path, data: bytes, columns: tables.Columns) -> Iterator[Found | Skipped]:
    encoding = _by_lines(data)
    header = tables.header_of(data, encoding.name)
    chosen = columns.among(header)
    index = header.index(chosen["text"])
    for row in tables.csv_rows(data, encoding.name):
        if chosen["text"] not in row.values:
            yield Skipped(path, f"row {row.number} has too few cells", "Check its quotes and separators.")
            continue
        extra: Json = {"delimiter": row.values[""], "column": index, "row": row.number}
        text = encodings.unified(row.values[chosen["text"]])
        yield _of_row(path, "csv", encoding, row, chosen, text, extra)


def jsonl_notes(path: Path, data: bytes, columns: tables.Columns) -> Iterator[Found | Skipped]:
    encoding = _by_lines(data)
    for row in tables.jsonl_rows(data, encoding.name):
        if isinstance(row, str):
            yield Skipped(path, row, "Write one JSON object a line.")
            continue
        try:
            chosen = columns.among([str(key) for key in row.values])
        except BadInput as error:
            yield Skipped(path, f"line {row.number}: {error.message}", error.hint)
            continue
        raw = str(row.values[chosen["text"]] or "")
        extra: Json = {"field": chosen["text"], "row": row.number}
        yield _of_row(path, "jsonl", encoding, row, chosen, encodings.unified(raw), extra, raw)


def _of_row(
    path: Path,
    format: str,
    encoding: encodings.Encoding,
    row: tables.Row,
    chosen: Mapping[str, str],
    text: str,
    extra: Json,
    raw: str = "",
) -> Found | Skipped:
    if not text.strip():
        return Skipped(path, f"row {row.number}: the note is empty", EMPTY_HINT)
    values = {role: str(row.values.get(column) or "").strip() for role, column in chosen.items() if role != "text"}
    name = values.get("name") or f"{path.stem}-{row.number:05d}"
    when, caution = iso(values.get("date", ""))
    spans, wrong = _spans_of_row(row.values, text, raw) if format == "jsonl" else (None, [])
    facts = _facts(format, encoding, row.piece, text, name, spans, wrong) | extra
    facts["when"] = when
    facts["notes"] = [*facts["notes"], *([caution] if caution else [])]
    return Found(path, name, Person(values.get("patient") or name), facts)


def _spans_of_row(values: Mapping[str, Any], text: str, raw: str) -> tuple[list[Span] | None, list[str]]:
    if not any(isinstance(values.get(name), list) for name in tables.LABELS):
        return None, []
    spans, wrong = tables.spans_in(values)
    if "\r\n" in raw:  # the offsets were counted with two signs per line end
        spans = [Span(_less(raw, one.start), _less(raw, one.end), one.type, one.text, code=one.code) for one in spans]
    good, misfits = checked(spans, text)
    return good, wrong + misfits


def _less(raw: str, offset: int) -> int:
    return offset - raw.count("\r\n", 0, max(offset, 0))


def _by_lines(data: bytes) -> encodings.Encoding:
    """The encoding of a file that is read in pieces."""
    encoding = encodings.find(data)
    if encoding.name == "utf-16":
        raise BadInput("it is written in UTF-16", "Save it as UTF-8.")
    return encoding


def _facts(
    format: str,
    encoding: encodings.Encoding,
    piece: Piece,
    text: str,
    title: str,
    spans: Sequence[Span] | None = None,
    misfits: Sequence[str] = (),
) -> Json:
    facts: Json = {
        "format": format,
        "encoding": encoding.name,
        "start": piece.start,
        "length": piece.length,
        "title": title,
        "words": len(text.split()),
        "characters": len(text),
        "opening": " ".join(text[: 3 * OPENING].split())[:OPENING],
        "notes": [encoding.note] if encoding.note else [],
    }
    if spans is not None:
        facts["spans"] = [span.to_json() for span in spans]
        facts["misfits"] = list(misfits)
    return facts
