"""A label or prediction as CoNLL: the source's own words where it had some, a tab, an IOB2 tag."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from medstation.api import ExportItem, FileSource, must_be_new, write_new
from medstation_notes import note
from medstation_notes.spans import checked, decode_spans
from medstation_notes.tokens import sentences, tags_of


def write(item: ExportItem, files: FileSource, out: Path) -> Sequence[Path]:
    """A word a line, an empty line between sentences."""
    must_be_new(out)
    read = note.read(item.record, files)
    words = list(read.tokens) if read.tokens is not None else read.words
    spans = checked(decode_spans(item.payload or b""), read.text)[0]
    tags = tags_of(spans, words)
    blocks = [
        "".join(f"{word.text}\t{tag}\n" for word, tag in zip(words[first:last], tags[first:last], strict=True))
        for first, last in sentences(read.text, words)
    ]
    return write_new(out, "-DOCSTART-\tO\n\n" + "\n".join(blocks))
