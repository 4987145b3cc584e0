"""Table E.1-1 of PS3.15 (edition 2026c): what becomes of each element, in the basic profile and under its options.

The facts are the standard's: DICOM PS3.15, annex E, table E.1-1 "Application Level Confidentiality Profile Attributes".
`table_e1_1.csv` holds the table's 652 single elements; its four patterns (curves, overlays, private elements) are
rules in `decide`. How they came here: the basic column from the transcription of 2026c in dicom-anonymizer
2.1.0, equal to that of 2024c in idiscore 1.2.0 in all 619 rows both have; the options from the latter, and for 32 newer
rows from the standard's edition 2026a. Of the one row that is newer still (DisplayURI) no option is known here: it is
removed always. Tests hold names, UIDs and dates of the rows against the dictionary of PS3.6 that pydicom ships.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

EDITION = "2026c"
OPTIONS = (
    "uids", "device", "institution", "patient", "full_dates", "modified_dates", "descriptors", "structured", "graphics",
)  # fmt: skip


@dataclass(frozen=True)
class Rule:
    """One row. `basic` is D, Z, X, U or a choice like "X/Z/D"; `options` has K or C for the options that say so."""

    tag: int
    keyword: str
    basic: str
    options: Mapping[str, str]


@cache
def rules() -> Mapping[int, Rule]:
    """Every row by its tag."""
    text = (files("medstation_imaging.deid") / "table_e1_1.csv").read_text(encoding="utf-8")
    found = {}
    for row in csv.DictReader(text.splitlines()):
        tag = int(row["tag"], 16)
        options = {name: row[name] for name in OPTIONS if row[name]}
        found[tag] = Rule(tag, row["keyword"], row["basic"], options)
    return found
