"""Ids as people type them: a row's number behind a prefix that tells its kind (`r-1`, `l-1`, `run-1`, `m-1`, `p-1`)."""

from __future__ import annotations

import re

from medstation.api import NotFound

RECORD, LABEL, RUN, MODEL, PREDICTION, STUDY = "r", "l", "run", "m", "p", "study"
_NAMES = {RECORD: "record", LABEL: "label", RUN: "run", MODEL: "model", PREDICTION: "prediction", STUDY: "study"}
_HINTS = {
    RECORD: "`medstation records` lists what there is.",
    LABEL: "`medstation show RECORD` lists a record's labels.",
    RUN: "`medstation runs` lists what there is.",
    MODEL: "`medstation models list` lists what there is.",
    PREDICTION: "`medstation show RECORD` lists a record's predictions.",
    STUDY: "`medstation search list` lists what there is.",
}


def text_id(kind: str, row: int) -> str:
    return f"{kind}-{row}"


def optional_id(kind: str, row: int | None) -> str:
    return "" if row is None else text_id(kind, row)


def row_id(kind: str, text: str) -> int:
    """The row's number; `NotFound` when `text` is not an id of that kind."""
    match = re.fullmatch(rf"{kind}-([1-9][0-9]{{0,17}})", text)
    if match is None:
        raise missing(kind, text)
    return int(match[1])


def missing(kind: str, text: str) -> NotFound:
    return NotFound(f"there is no {_NAMES[kind]} {text!r}", _HINTS[kind])
