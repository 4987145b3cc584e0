"""How strictly an object needs an element (PS3.3): what decides between removing, emptying and a dummy.

`iod_types.csv` lists, per SOP class, the elements of the table's conditional rules that are required at the top level
of the data set, with the strictest type of any module of the object. Made of the tables that highdicom 0.28 ships.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

UNKNOWN = "?"


@cache
def _types() -> Mapping[str, Mapping[int, str]]:
    text = (files("medstation_imaging.deid") / "iod_types.csv").read_text(encoding="utf-8")
    found = {}
    for row in csv.DictReader(text.splitlines()):
        pairs = (pair.split(":") for pair in row["types"].split())
        found[row["sop_class"]] = {int(tag, 16): kind for tag, kind in pairs}
    return found


def type_of(sop_class: str, tag: int, depth: int) -> str:
    """ "1", "1C", "2", "2C" or "3"; `UNKNOWN` inside of sequences and for objects that are not known."""
    known = _types().get(sop_class)
    return UNKNOWN if known is None or depth else known.get(tag, "3")
