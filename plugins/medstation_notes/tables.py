"""Notes in tables: CSV (comma, semicolon, tab) and JSON lines, one note a row. Cells are text, whatever they say."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from medstation.api import BadInput, Json
from medstation_notes.encodings import decode, unified
from medstation_notes.pieces import Piece, lines_of
from medstation_notes.spans import Span, span_from_json

TEXT = (
    "text",
    "note",
    "note_text",
    "report",
    "transcription",
    "content",
    "body",
    "narrative",
    "description",
    "文本",
    "病历",
)
PATIENT = ("patient", "patient_id", "subject_id", "person", "person_id", "mrn", "pid", "患者", "病人")
DATE = ("date", "note_date", "chartdate", "charttime", "datetime", "when", "日期")
NAME = ("id", "note_id", "row_id", "doc_id", "document", "document_id", "title", "编号")
LABELS = ("spans", "entities", "label", "labels")
LONGEST_CELL = 1 << 30
"""Characters; Python's own limit of 131,072 is less than a long note."""

csv.field_size_limit(LONGEST_CELL)


@dataclass(frozen=True)
class Columns:
    """The columns chosen by name; "" finds the usual names."""

    text: str = ""
    patient: str = ""
    date: str = ""
    name: str = ""

    def among(self, header: Sequence[str]) -> dict[str, str]:
        """Role -> column of `header`; `BadInput` when a named column or any text column is missing."""
        chosen = {}
        usual = {"text": TEXT, "patient": PATIENT, "date": DATE, "name": NAME}
        for role, names in usual.items():
            wanted = getattr(self, role)
            if wanted and wanted not in header:
                raise BadInput(f"there is no column {wanted!r}", "Columns: " + ", ".join(header[:20]) + ".")
            found = wanted or next((one for name in names for one in header if one.strip().lower() == name), "")
            if found:
                chosen[role] = found
        if "text" not in chosen:
            hint = "Name it with the import setting text_column. Columns: " + ", ".join(header[:20]) + "."
            raise BadInput("no column is known to hold the notes", hint)
        return chosen


@dataclass(frozen=True)
class Row:
    """One row: where it stands in the file, its number, and its values by column."""

    piece: Piece
    number: int
    values: Mapping[str, Any]


class _Counted:
    """Lines for `csv.reader` that remember how many bytes were taken."""

    def __init__(self, data: bytes, encoding: str) -> None:
        self._lines = lines_of(data)
        self._encoding = encoding
        self.taken = 0

    def __iter__(self) -> Iterator[str]:
        for start, line in self._lines:
            self.taken = start + len(line)
            yield decode(line, self._encoding)


def delimiter_of(line: str) -> str:
    """The sign that stands most often in the first line."""
    return max(",;\t", key=line.count)


def header_of(data: bytes, encoding: str) -> list[str]:
    line = decode(next(lines_of(data), (0, b""))[1], encoding)
    return [name.strip() for name in next(csv.reader([line], delimiter=delimiter_of(line)), [])]


def csv_rows(data: bytes, encoding: str) -> Iterator[Row]:
    """The rows after the header, each with the bytes it stands in."""
    header = header_of(data, encoding)
    delimiter = delimiter_of(decode(next(lines_of(data), (0, b""))[1], encoding))
    lines = _Counted(data, encoding)
    begin = 0
    for number, cells in enumerate(csv.reader(iter(lines), delimiter=delimiter)):
        piece = Piece(begin, lines.taken - begin)
        begin = lines.taken
        if number and any(cell.strip() for cell in cells):
            yield Row(piece, number, {"": delimiter, **dict(zip(header, cells, strict=False))})


def cell(data: bytes, facts: Json) -> str:
    """The note in the bytes of one CSV row. `IndexError` when the row has too few cells."""
    lines = io.StringIO(decode(data, facts["encoding"]))  # which ends a line at \n alone, unlike str.splitlines
    row = next(csv.reader(lines, delimiter=facts["delimiter"]))
    return unified(row[facts["column"]])


def jsonl_rows(data: bytes, encoding: str) -> Iterator[Row | str]:
    """One row per line with an object; for another line, what is wrong with it."""
    for number, (start, line) in enumerate(lines_of(data), 1):
        if not line.strip():
            continue
        try:
            values = json.loads(decode(line, encoding).lstrip("\ufeff"))
        except (ValueError, RecursionError) as error:
            yield f"line {number} is no JSON: {error}"
            continue
        if isinstance(values, dict):
            yield Row(Piece(start, len(line)), number, values)
        else:
            yield f"line {number} is no JSON object"


def field(data: bytes, facts: Json) -> str:
    """The note in the bytes of one JSON line."""
    return unified(str(json.loads(decode(data, facts["encoding"]).lstrip("\ufeff"))[facts["field"]]))


def spans_in(values: Mapping[str, Any]) -> tuple[list[Span], list[str]]:
    """Entities that came with a JSON row, as annotation tools write them, and what could not be read."""
    found: list[Any] = next((values[name] for name in LABELS if isinstance(values.get(name), list)), [])
    spans: list[Span] = []
    wrong: list[str] = []
    for one in found:
        try:
            spans.append(span_from_json(one))
        except (KeyError, TypeError, ValueError):
            wrong.append(f"an entity cannot be read: {str(one)[:60]!r}")
    return spans, wrong
