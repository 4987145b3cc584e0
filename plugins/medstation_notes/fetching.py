"""What the view asks a worker for: the text, its words and its headings."""

from __future__ import annotations

import numpy as np

from medstation.api import Fetched, FileSource, Json, Record, ReportProgress
from medstation_notes import note
from medstation_notes.sections import sections_of
from medstation_notes.tokens import word_places


def fetch_note(record: Record, files: FileSource, arguments: Json, report: ReportProgress) -> Fetched:
    """Arrays: `text` (UTF-8 bytes), `words` int32 (n, 2) with starts and ends in code points. Facts: `sections`."""
    report(0.1, "Reading the note")
    read = note.read(record, files)
    report(0.5, "Finding words")
    words = np.array(word_places(read.text), np.int32).reshape(-1, 2)
    text = np.frombuffer(read.text.encode("utf-8", "replace"), np.uint8)
    return Fetched({"text": text, "words": words}, {"sections": [vars(one) for one in sections_of(read.text)]})
