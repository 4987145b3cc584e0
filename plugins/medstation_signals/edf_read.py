"""EDF, EDF+ (continuous and with gaps) and BDF: scanning, records and signals."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from medstation.api import BadInput, FileSource, Found, Json, Person, RecordDraft, ReportProgress, Skipped
from medstation_signals import events
from medstation_signals.edf_header import FIXED, header_size, is_edf, parse_edf, parse_notes
from medstation_signals.recording import Channel, Recording, Run, quantity_of
from medstation_signals.units import tidy
from medstation_signals.wfdb_read import merged
from medstation_signals.words import described

SUFFIXES = (".edf", ".bdf", ".rec")
_PIECE = 1 << 22
_NOBODY = ("", "X", "x")


def wants_edf(path: Path) -> bool:
    if path.suffix.lower() in SUFFIXES[:2]:
        return True
    with path.open("rb") as file:
        return path.suffix.lower() in SUFFIXES and is_edf(file.read(8))


def scan_edf(path: Path, patient: str) -> Found | Skipped:
    """Header and notes of one file."""
    try:
        facts = _facts(path)
    except BadInput as error:
        return Skipped(path, error.message, error.hint)
    except OSError as error:
        return Skipped(path, f"cannot be read: {error.strerror or error}", "Check its permissions.")
    key, sex, born, name = _person(facts["header"])
    person = Person(patient or key or path.stem, name, sex, born)
    return Found(path, f"edf/{path.parent.name}/{path.name}", person, facts)


def _facts(path: Path) -> Json:
    with path.open("rb") as file:
        head = file.read(FIXED)
        if len(head) < FIXED or not is_edf(head):
            raise BadInput(f"{path.name} is no EDF or BDF file", "Export it again.")
        whole = head + file.read(max(0, header_size(head) - FIXED))
        header = parse_edf(whole, path.name, path.stat().st_size)
        onsets, notes = _notes(file, header)
    return {"format": "edf", "header": header, "onsets": _runs(onsets, header), "notes": notes}


def _notes(file: object, header: Json) -> tuple[list[float], list[tuple[float, float, str]]]:
    """Onset of every data record and all notes; only EDF+ holds them."""
    places, at = [], 0
    for signal in header["signals"]:
        width = signal["per_record"] * header["bits"] // 8
        if signal["notes"]:
            places.append((at, width))
        at += width
    onsets: list[float] = []
    found: list[tuple[float, float, str]] = []
    for record in range(header["records"] if places else 0):
        for number, (place, width) in enumerate(places):
            file.seek(header["header_bytes"] + record * header["record_bytes"] + place)  # type: ignore[attr-defined]
            begin, notes = parse_notes(file.read(width))  # type: ignore[attr-defined]
            found += notes
            if number == 0:
                onsets.append(record * header["seconds"] if begin is None else begin)
    return onsets, found


def _runs(onsets: Sequence[float], header: Json) -> list[list[float]]:
    """[[first record, onset in seconds], ...]: where unbroken stretches begin, counted from the first onset."""
    if not onsets or not header["plus"].startswith(("EDF+D", "BDF+D")):
        return [[0, 0.0]]
    made: list[list[float]] = []
    for record, onset in enumerate(onsets):
        expected = made[-1][1] + (record - made[-1][0]) * header["seconds"] if made else None
        if expected is None or abs(onset - expected) > 1e-6:
            made.append([record, onset])
    return made


def _person(header: Json) -> tuple[str, str, str, str]:
    """(key, sex, birth date, name) of EDF+'s patient field: "MCH-0234567 F 02-MAY-1951 Doe"."""
    words = header["patient"].split()
    if not header["plus"] or len(words) < 4:
        return "", "", "", ""
    months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
    day, _, rest = words[2].partition("-")
    month, _, year = rest.partition("-")
    born = f"{year}-{months.index(month.upper()) + 1:02d}-{day:0>2}" if month.upper() in months else ""
    key, sex, name = (("" if word in _NOBODY else word.replace("_", " ")) for word in (words[0], words[1], words[3]))
    return key, sex, born, name


def edf_records(group: Sequence[Found]) -> list[RecordDraft | Skipped]:
    """One file, one record."""
    facts, header = group[0].facts, group[0].facts["header"]
    origin = facts["onsets"][0][1]
    channels = [
        {"name": one["label"], "unit": tidy(one["unit"]), "rate": one["per_record"] / (header["seconds"] or 1.0),
         "quantity": quantity_of(one["label"], one["unit"])}
        for one in _signals(header)
    ]  # fmt: skip
    first, onset = facts["onsets"][-1]
    seconds = onset - origin + (header["records"] - first) * header["seconds"] if channels else 0.0
    found, beyond = _events(facts["notes"], origin, seconds)
    notes = _cautions(facts, beyond)
    kind = "ecg" if any(one["quantity"] == "ecg" for one in channels) else "series"
    meta: Json = {"channels": channels, "start": header["start"], "duration_s": seconds, "kind": kind,
                  "recording": header["recording"]}  # fmt: skip
    labels = (events.draft(found),) if found else ()
    draft = RecordDraft(kind, Path(header["name"]).stem, (0,), "", header["start"], described(meta), meta,
                        tuple(notes), labels)  # fmt: skip
    others = [Skipped(one.path, f"is another {header['name']}", "Give it another name.") for one in group[1:]]
    return [draft, *others]


def _events(
    notes: Sequence[tuple[float, float, str]], origin: float, seconds: float
) -> tuple[list[events.SignalEvent], int]:
    made = [
        events.event(onset - origin, onset - origin + length if length else None, text) for onset, length, text in notes
    ]
    inside = [one for one in made if one.start >= 0 and (not seconds or one.start <= seconds)]
    return sorted(inside, key=lambda one: one.start), len(made) - len(inside)


def _cautions(facts: Json, beyond: int) -> list[str]:
    header, notes = facts["header"], []
    if len(facts["onsets"]) > 1:
        notes.append(f"The recording was interrupted {len(facts['onsets']) - 1} times; the gaps are kept.")
    if header["said_records"] >= 0 and header["said_records"] != header["held_records"]:
        notes.append(
            f"The header says {header['said_records']} data records, the file holds {header['held_records']}; "
            f"{header['records']} are shown."
        )
    if beyond:
        notes.append(f"{beyond} notes lie outside the recording and are left out.")
    return notes


def _signals(header: Json) -> list[Json]:
    return [one for one in header["signals"] if not one["notes"]]


def load_edf(
    files: FileSource, report: ReportProgress, wanted: Sequence[int] | None = None, until: float = float("inf")
) -> Recording:
    """The signals of the file, or those numbered in `wanted`; gaps of EDF+D between the runs."""
    facts = files.facts(0)
    header = facts["header"]
    if header["seconds"] and until / header["seconds"] < header["records"]:
        header["records"] = int(until / header["seconds"]) + 1
        facts["onsets"] = [one for one in facts["onsets"] if one[0] < header["records"]]
    chosen = range(len(_signals(header))) if wanted is None else wanted
    width, records = header["record_bytes"], header["records"]
    at_once = max(1, _PIECE // max(width, 1))
    tables: list[list[np.ndarray]] = [[] for _ in chosen]
    places = _places(header)
    for first in range(0, records, at_once):
        report(first / records, "reading signals")
        count = min(at_once, records - first)
        block = np.frombuffer(files.read(0, header["header_bytes"] + first * width, count * width), np.uint8)
        block = block.reshape(count, width)
        for table, number in zip(tables, chosen, strict=True):
            begin, size = places[number]
            table.append(_values(block[:, begin : begin + size], header["bits"]))
    made = [_channel(_signals(header)[number], table, facts) for table, number in zip(tables, chosen, strict=True)]
    return Recording(tuple(made), header["start"])


def _places(header: Json) -> list[tuple[int, int]]:
    """(first byte, bytes) of each signal in a data record, without the notes."""
    made, at = [], 0
    for signal in header["signals"]:
        size = signal["per_record"] * header["bits"] // 8
        if not signal["notes"]:
            made.append((at, size))
        at += size
    return made


def _values(block: np.ndarray, bits: int) -> np.ndarray:
    data = np.ascontiguousarray(block).reshape(-1)
    if bits == 16:
        return data.view("<i2")
    parts = data.reshape(-1, 3).astype(np.int32)
    return ((parts[:, 0] | parts[:, 1] << 8 | parts[:, 2] << 16) << 8) >> 8


def _channel(signal: Json, table: Sequence[np.ndarray], facts: Json) -> Channel:
    header, origin, per = facts["header"], facts["onsets"][0][1], signal["per_record"]
    rate = per / header["seconds"] if header["seconds"] else 1.0
    values = np.concatenate(table) if table else np.zeros(0, np.int16)
    starts = [*facts["onsets"], [header["records"], 0.0]]
    runs = [
        Run(onset - origin, int(first) * per, (int(after[0]) - int(first)) * per)
        for (first, onset), after in itertools.pairwise(starts)
    ]
    name, unit = signal["label"], tidy(signal["unit"])
    return Channel(name, unit, rate, values, signal["scale"], signal["offset"], merged(runs, rate), None,
                   quantity_of(name, unit))  # fmt: skip
