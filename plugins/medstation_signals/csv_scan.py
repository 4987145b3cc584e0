"""Tables of measurements: is a file one, whose is it, and the records made of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from medstation.api import BadInput, Found, Json, Person, RecordDraft, Skipped
from medstation_signals.csv_mapping import Layout, find_layout
from medstation_signals.csv_read import channels_of, iso, patients_in, read_table, step_of, text_of
from medstation_signals.recording import Channel, quantity_of
from medstation_signals.words import described

SUFFIXES = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz")
_HEAD = 1 << 15
_DEVICE = re.compile(r"^(?:dexcom|libre|freestyle|clarity|cgm|medtronic|guardian|food_log)[ _-]+(\w+)$", re.IGNORECASE)


def is_table(path: Path) -> bool:
    return path.name.lower().endswith(SUFFIXES)


def wants_table(path: Path, settings: Mapping[str, object]) -> bool:
    """A table with a time column and numbers, or a single column of numbers."""
    if not is_table(path):
        return False
    if settings.get("time_column") or settings.get("value_columns") or settings.get("rate"):
        return True
    with path.open("rb") as file:
        head = file.read(_HEAD)
    try:
        text = text_of(head, path.name, _HEAD)[:_HEAD]
        layout = find_layout(text[: text.rfind("\n") + 1] or text, {**settings, "rate": 1.0})
    except BadInput:
        return False
    return bool(layout.times) or len(layout.values) == 1


def scan_table(path: Path, settings: Mapping[str, object]) -> Iterator[Found | Skipped]:
    """One answer per person in the table."""
    try:
        text = text_of(path.read_bytes(), path.name)
        layout = find_layout(text, {**settings, "stem": path.name.partition(".")[0]})
        people = patients_in(text, layout)
        for person in people:
            yield _found(path, text, layout, person, settings)
    except BadInput as error:
        yield Skipped(path, error.message, error.hint)
    except OSError as error:
        yield Skipped(path, f"cannot be read: {error.strerror or error}", "Check its permissions.")


def _found(path: Path, text: str, layout: Layout, patient: str, settings: Mapping[str, object]) -> Found:
    channels, origin, notes = channels_of(read_table(text, layout, patient))
    if not channels:
        raise BadInput("no column holds numbers with a time", "Name the columns in the import settings.")
    stem = path.name.partition(".")[0]
    device = _DEVICE.match(stem)
    key = str(settings.get("patient") or "") or patient or (device.group(1) if device else stem)
    dated = bool(layout.times) and not layout.time_unit
    facts: Json = {
        "format": "csv",
        "name": stem,
        "patient": patient,
        "layout": layout.json(),
        "start": iso(origin) if dated else "",
        "duration_s": max(one.end() for one in channels),
        "channels": [_described(one) for one in channels],
        "notes": [*layout.notes, *notes],
    }
    return Found(path, f"csv/{path.parent.name}/{stem}", Person(key), facts)


def _described(channel: Channel) -> Json:
    times = channel.seconds()
    step = step_of(times)
    gaps = np.diff(times) if len(times) > 1 else np.zeros(0)
    return {
        "name": channel.name,
        "unit": channel.unit,
        "rate": channel.rate,
        "step_s": 0.0 if channel.rate else step,
        "quantity": channel.quantity or quantity_of(channel.name, channel.unit),
        "count": len(times),
        "gaps": int((gaps > 2.5 * step).sum()) if step else 0,
    }


def table_records(group: Sequence[Found]) -> list[RecordDraft | Skipped]:
    """One person's part of one table is one record."""
    facts = group[0].facts
    channels = facts["channels"]
    kinds = [one["quantity"] for one in channels]
    kind = "glucose" if "glucose" in kinds else "ecg" if "ecg" in kinds else "series"
    meta: Json = {
        "channels": channels,
        "start": facts["start"],
        "duration_s": facts["duration_s"],
        "kind": kind,
    }
    notes = list(facts["notes"])
    gaps = channels[0]["gaps"]
    subtitle = described(meta) + (f" · {gaps} gap{'s' if gaps > 1 else ''}" if gaps else "")
    title = facts["name"] if not facts["patient"] else f"{facts['name']} {facts['patient']}"
    draft = RecordDraft(kind, title, (0,), "", facts["start"], subtitle, meta, tuple(notes))
    reason = f"is another table named {facts['name']}; one of that name and folder name is used"
    return [draft, *(Skipped(one.path, reason, "Give it another name.") for one in group[1:])]
