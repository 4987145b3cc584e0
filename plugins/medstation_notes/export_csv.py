"""A label or prediction as a table for spreadsheets. A cell that a spreadsheet would run as a formula gets a quote."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from medstation.api import ExportItem, FileSource, must_be_new, write_table
from medstation_notes import note
from medstation_notes.classes import decode_class
from medstation_notes.spans import checked, decode_spans

SPANS = ("patient", "note", "date", "start", "end", "type", "text", "confidence", "code", "by")
CLASSES = ("patient", "note", "date", "class", "confidence", "by")

Cell = str | int | float


def write(item: ExportItem, files: FileSource, out: Path) -> Sequence[Path]:
    """A row per entity, or one row with the class."""
    must_be_new(out)
    if item.kind == "class":
        return write_table(out, [CLASSES, *_classes(item)])
    return write_table(out, [SPANS, *_spans(item, files)])


def _about(item: ExportItem) -> tuple[str, str, str]:
    return item.record.person.key, item.record.title, item.record.when


def _spans(item: ExportItem, files: FileSource) -> Iterator[tuple[Cell, ...]]:
    text = note.read(item.record, files).text
    for span in checked(decode_spans(item.payload or b""), text)[0]:
        sure: Cell = round(span.confidence, 4) if span.confidence is not None else ""
        yield (*_about(item), span.start, span.end, span.type, span.text, sure, span.code, item.by)


def _classes(item: ExportItem) -> Iterator[tuple[Cell, ...]]:
    name, chances = decode_class(item.payload or b"")
    yield (*_about(item), name, round(chances[name], 4) if name in chances else "", item.by)
