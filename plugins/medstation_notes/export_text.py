"""The note as plain text, and entities as JSON with their places in exactly that text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from medstation.api import ExportItem, FileSource, must_be_new, write_new
from medstation_notes import note
from medstation_notes.spans import checked, decode_spans


def write_text(item: ExportItem, files: FileSource, out: Path) -> Sequence[Path]:
    """UTF-8, line ends as \\n: offsets of labels count in this text."""
    must_be_new(out)
    return write_new(out, note.read(item.record, files).text)


def write_spans(item: ExportItem, files: FileSource, out: Path) -> Sequence[Path]:
    """`{"note", "patient", "by", "text", "spans"}`: can be read back as a label, or by annotation tools."""
    must_be_new(out)
    text = note.read(item.record, files).text
    spans = checked(decode_spans(item.payload or b""), text)[0]
    content = {
        "note": item.record.title,
        "patient": item.record.person.key,
        "by": item.by,
        "text": text,
        "spans": [span.to_json() for span in spans],
    }
    return write_new(out, json.dumps(content, ensure_ascii=False, indent=1) + "\n")
