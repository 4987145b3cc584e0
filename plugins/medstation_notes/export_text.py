"""The note as plain text, and entities as JSON with their places in exactly that text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from medstation.api import ExportItem, FileSource
from medstation_notes import note
from medstation_notes.outputs import fresh, who
from medstation_notes.spans import checked, decode_spans


def write_text(item: ExportItem, files: FileSource, out: Path) -> Sequence[Path]:
    """UTF-8, line ends as \\n: offsets of labels count in this text."""
    fresh(out)
    out.write_text(note.read(item.record, files).text, "utf-8", newline="\n")
    return [out]


def write_spans(item: ExportItem, files: FileSource, out: Path) -> Sequence[Path]:
    """`{"note", "patient", "by", "text", "spans"}`: can be read back as a label, or by annotation tools."""
    fresh(out)
    text = note.read(item.record, files).text
    spans = checked(decode_spans(item.payload or b""), text)[0]
    content = {
        "note": item.record.title,
        "patient": item.record.person.key,
        "by": who(item),
        "text": text,
        "spans": [span.to_json() for span in spans],
    }
    out.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", "utf-8", newline="\n")
    return [out]
