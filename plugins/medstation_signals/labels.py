"""Labels from files: events as JSON, CSV or WFDB annotations; classes as JSON, text or a table of many recordings."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from medstation.api import BadInput, FileSource, Json, LabelDraft, Record
from medstation_signals import classes, events
from medstation_signals.csv_dialect import Dialect, guess_comma, guess_delimiter
from medstation_signals.csv_read import text_of
from medstation_signals.wfdb_annotations import parse_annotations
from medstation_signals.wfdb_record import annotation_events

_LARGEST = 64 << 20
_STARTS, _ENDS, _TYPES = ("start_s", "start", "time_s", "time", "onset"), ("end_s", "end"), ("type", "event", "label")


def read_events(record: Record, files: FileSource, path: Path) -> LabelDraft:
    """Events of a file; those outside the recording make it `BadInput`, so that nothing vanishes unsaid."""
    data = _bytes(path)
    suffix = path.suffix.lower()
    if suffix == ".json":
        found = events.decode(data)
    elif suffix in (".csv", ".tsv"):
        found = _table(text_of(data, path.name), path.name)
    else:
        found = _annotations(record, data, path)
    return events.draft(_inside(record, found, path.name))


def _bytes(path: Path) -> bytes:
    if path.stat().st_size > _LARGEST:
        raise BadInput(f"{path.name} is too large for a label", "Give the label of one recording.")
    return path.read_bytes()


def _inside(record: Record, found: list[events.SignalEvent], name: str) -> list[events.SignalEvent]:
    whole = float(record.meta.get("duration_s") or 0)
    wrong = [one for one in found if one.start < 0 or (whole and one.start > whole)]
    if wrong:
        raise BadInput(
            f"{name}: {len(wrong)} of {len(found)} events lie outside the recording of {whole:g} s "
            f"(the first at {wrong[0].start:g} s)",
            "Check that the label is for this recording, and that its times are seconds from the start.",
        )
    return found


def _table(text: str, name: str) -> list[events.SignalEvent]:
    delimiter = guess_delimiter(text)
    rows = list(csv.DictReader(io.StringIO(text), delimiter=delimiter))
    columns = [str(one) for one in (rows[0] if rows else {})]
    start, end, kind = (_one_of(columns, names) for names in (_STARTS, _ENDS, _TYPES))
    if not start or not kind:
        raise BadInput(f"{name} has no columns for the start and the type of events", "Name them start_s and type.")
    dialect = Dialect(delimiter, guess_comma([str(row[start]) for row in rows], delimiter), False)
    made = []
    for number, row in enumerate(rows, 2):
        at = dialect.number(str(row[start]))
        until = dialect.number(str(row[end] or "")) if end else float("nan")
        if at != at:
            raise BadInput(f"{name}: line {number} has no start time", "Give seconds from the recording's start.")
        made.append(events.event(at, None if until != until else until, str(row[kind])))
    return sorted(made, key=lambda one: one.start)


def _one_of(columns: list[str], names: tuple[str, ...]) -> str:
    lower = {column.strip().lower(): column for column in columns}
    return next((lower[name] for name in names if name in lower), "")


def _annotations(record: Record, data: bytes, path: Path) -> list[events.SignalEvent]:
    read = parse_annotations(data, path.name)
    rates = [float(one.get("rate") or 0) for one in record.meta.get("channels", [])]
    rate = read.rate or (min(rate for rate in rates if rate) if any(rates) else 0.0)
    if not rate:
        raise BadInput(f"{record.title!r} has no sampling rate to place annotations by", "Give events in seconds.")
    texts = {str(index): text for index, text in enumerate(read.texts) if text}
    facts: Json = {"samples": read.samples, "symbols": read.symbols, "texts": texts, "rate": rate}
    return annotation_events(facts, 0.0)[0]


def read_class(record: Record, files: FileSource, path: Path) -> LabelDraft:
    """The class of this recording: a JSON object, a line of text, or its row in a table (record, class)."""
    data = _bytes(path)
    text = text_of(data, path.name)
    if path.suffix.lower() == ".json":
        return classes.draft(classes.decode(data)[0])
    if path.suffix.lower() in (".csv", ".tsv"):
        return classes.draft(_row(record, text, path.name))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) != 1:
        raise BadInput(f"{path.name} holds {len(lines)} lines instead of one class", "Write one class into it.")
    return classes.draft(lines[0])


def _row(record: Record, text: str, name: str) -> str:
    rows = [row for row in csv.reader(io.StringIO(text), delimiter=guess_delimiter(text)) if len(row) >= 2]
    known = {row[0].strip(): row[1].strip() for row in rows}
    for key in (record.title, record.person.key):
        if known.get(key):
            return known[key]
    raise BadInput(f"{name} has no row for {record.title!r}", "Its first column must name the recordings.")


def owner(path: Path) -> str:
    """Whose a label file is: `rec7` of `rec7.events.json`, `rec7.class.txt` and `rec7.atr`."""
    return path.name.partition(".")[0]
