"""Recordings as EDF+ (European Data Format, Kemp and Olivan 2003): 16-bit values, gaps kept, events as annotations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from medstation.api import BadInput, ExportItem, FileSource, Record, write_new
from medstation_signals import events
from medstation_signals.reading import load
from medstation_signals.recording import Channel, Recording, Run
from medstation_signals.series import natural_step, on_grid

LOWEST, HIGHEST = -32768, 32767
DURATIONS = (1.0, 2.0, 4.0, 5.0, 8.0, 10.0, 20.0, 30.0, 60.0, 300.0, 600.0, 900.0, 3600.0, 86_400.0)
_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_LONGEST_TEXT = 80


@dataclass(frozen=True)
class Coded:
    """A channel as EDF holds it: int16 `values` by run; a measured value is `values * scale + offset`."""

    channel: Channel
    values: np.ndarray
    low: float
    high: float
    per_record: int


def write_edf(item: ExportItem, files: FileSource, out: Path) -> list[Path]:
    """The recording; when a label of events is exported, with its events as annotations."""
    recording = load(item.record, files)
    if not recording.channels:
        raise BadInput(f"{item.record.title!r} has no signals", "Export its events as a table.")
    noted = events.decode(item.payload) if item.payload is not None and item.kind == "events" else []
    return write_new(out, edf_bytes(item.record, recording, noted))


def edf_bytes(record: Record, recording: Recording, noted: Sequence[events.SignalEvent]) -> bytes:
    """The whole file."""
    channels = [_even(one) for one in recording.channels if len(one.values)]
    seconds = _duration([one.rate for one in channels])
    spans = _spans(channels, seconds)
    onsets = [begin + number * seconds for begin, count in spans for number in range(count)]
    coded = [_coded(one, seconds) for one in channels]
    notes = _notes(onsets, noted, seconds)
    gaps = len(spans) > 1
    body = _body(coded, notes, onsets, seconds)
    return _header(record, recording, coded, len(onsets), seconds, len(notes[0]) // 2, gaps) + body


def _even(channel: Channel) -> Channel:
    """An irregular channel on its usual steps."""
    if channel.times is None:
        return channel
    step = natural_step(channel)
    values = channel.physical().astype(np.float64)
    known = np.isfinite(values)
    grid, made = on_grid(channel.times[known], values[known], step, step)
    run = Run(float(grid[0]), 0, len(grid))
    return Channel(channel.name, channel.unit, 1 / step, made.astype(np.float32), 1.0, 0.0, (run,), None)


def _duration(rates: Sequence[float]) -> float:
    """Seconds of a data record in which every channel has a whole number of values."""
    for seconds in DURATIONS:
        if all(abs(rate * seconds - round(rate * seconds)) < 1e-6 and rate * seconds >= 1 for rate in rates):
            return seconds
    slowest = 1 / min(rates)
    return next((seconds for seconds in DURATIONS if seconds >= slowest), DURATIONS[-1])


def _spans(channels: Sequence[Channel], seconds: float) -> list[tuple[float, int]]:
    """(begin, data records) of the stretches of time in which any channel has values."""
    covered = sorted((run.start, run.start + run.count / one.rate) for one in channels for run in one.runs)
    joined: list[list[float]] = []
    for begin, end in covered:
        if joined and begin <= joined[-1][1] + seconds:
            joined[-1][1] = max(joined[-1][1], end)
        else:
            joined.append([begin, end])
    made: list[tuple[float, int]] = []
    for begin, end in joined:
        count = max(1, -(-round((end - begin) * 1e6) // round(seconds * 1e6)))
        made.append((begin, int(count)))
    return made


def _coded(channel: Channel, seconds: float) -> Coded:
    """16-bit values: the stored ones where they fit, else spread over the range of what was measured."""
    per_record = max(1, round(channel.rate * seconds))
    if channel.values.dtype == np.int16 and not (channel.values == LOWEST).any():
        ends = sorted((LOWEST * channel.scale + channel.offset, HIGHEST * channel.scale + channel.offset))
        if channel.scale > 0 and all(float(_number(one)) == one for one in ends):
            return Coded(channel, channel.values, ends[0], ends[1], per_record)
    values = channel.physical().astype(np.float64)
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    low, high = float(_number(low - 1e-6 * abs(low) - 1e-6)), float(_number(high + 1e-6 * abs(high) + 1e-6))
    high = high if high > low else low + 1
    steps = (values - low) / (high - low) * (HIGHEST - LOWEST - 1) + LOWEST + 1
    coded = np.where(np.isfinite(values), np.clip(np.rint(steps), LOWEST + 1, HIGHEST), LOWEST)
    bottom = low - (high - low) / (HIGHEST - LOWEST - 1)
    return Coded(channel, coded.astype(np.int16), bottom, high, per_record)


def _number(value: float) -> str:
    """A number in the eight characters that EDF has for it, as exact as they allow."""
    for digits in range(8, 0, -1):
        text = f"{value:.{digits}g}"
        text = np.format_float_positional(float(text), trim="-")
        if len(text) <= 8:
            return text
    raise BadInput(f"{value:g} is too large a value for EDF", "Export the recording as a table.")


def _body(coded: Sequence[Coded], notes: Sequence[bytes], onsets: Sequence[float], seconds: float) -> bytes:
    widths = [one.per_record for one in coded]
    table = np.full((len(onsets), sum(widths) + len(notes[0]) // 2), LOWEST, "<i2")
    left = 0
    starts = np.array(onsets)
    for one, width in zip(coded, widths, strict=True):
        _place(table[:, left : left + width], one, starts, seconds)
        left += width
    table[:, left:] = np.frombuffer(b"".join(notes), "<i2").reshape(len(onsets), -1)
    return table.tobytes()


def _place(table: np.ndarray, one: Coded, starts: np.ndarray, seconds: float) -> None:
    """Put each run where it belongs; what no run fills stays at the lowest value."""
    for run in one.channel.runs:
        values = one.values[run.first : run.first + run.count]
        times = run.start + np.arange(run.count) / one.channel.rate
        rows = np.searchsorted(starts, times + 1e-9, side="right") - 1
        columns = np.rint((times - starts[rows]) / seconds * one.per_record).astype(int)
        fits = columns < one.per_record
        table[rows[fits], columns[fits]] = values[fits]


def _notes(onsets: Sequence[float], noted: Sequence[events.SignalEvent], seconds: float) -> list[bytes]:
    """The annotation bytes of each data record, all of one length: its onset first, then the events in it."""
    made = [f"+{_plain(onset)}\x14\x14\0".encode() for onset in onsets]
    starts = np.array(onsets)
    for one in noted:
        row = int(np.clip(np.searchsorted(starts, one.start, side="right") - 1, 0, len(onsets) - 1))
        length = f"\x15{_plain(one.end - one.start)}" if one.end is not None else ""
        text = "".join(" " if letter < " " else letter for letter in one.type)[:_LONGEST_TEXT]
        made[row] += f"+{_plain(one.start)}{length}\x14{text}\x14\0".encode()
    width = max(map(len, made))
    width += width % 2
    return [one.ljust(width, b"\0") for one in made]


def _plain(seconds: float) -> str:
    return f"{seconds:.6f}".rstrip("0").rstrip(".")


def _header(
    record: Record, recording: Recording, coded: Sequence[Coded], records: int, seconds: float, words: int, gaps: bool
) -> bytes:
    try:
        moment = datetime.fromisoformat(recording.start)
    except ValueError:
        moment = datetime(1985, 1, 1)
    day = f"{moment.day:02d}-{_MONTHS[moment.month - 1]}-{moment.year}"
    person = record.person
    born = _born(person.birth_date)
    patient = " ".join(
        _word(one) for one in (person.key, person.sex if person.sex in ("F", "M") else "", born, person.name)
    )
    fields = [
        ("0", 8), (patient, 80), (f"Startdate {day if recording.start else 'X'} X X MedStation", 80),
        (moment.strftime("%d.%m.%y"), 8), (moment.strftime("%H.%M.%S"), 8), (str(256 * (2 + len(coded))), 8),
        ("EDF+D" if gaps else "EDF+C", 44), (str(records), 8), (_number(seconds), 8), (str(len(coded) + 1), 4),
    ]  # fmt: skip
    columns: list[tuple[list[str], int]] = [
        ([one.channel.name for one in coded] + ["EDF Annotations"], 16),
        ([""] * (len(coded) + 1), 80),
        ([one.channel.unit for one in coded] + [""], 8),
        ([_number(one.low) for one in coded] + ["-1"], 8),
        ([_number(one.high) for one in coded] + ["1"], 8),
        ([str(LOWEST)] * (len(coded) + 1), 8),
        ([str(HIGHEST)] * (len(coded) + 1), 8),
        ([""] * (len(coded) + 1), 80),
        ([str(one.per_record) for one in coded] + [str(words)], 8),
        ([""] * (len(coded) + 1), 32),
    ]
    fields += [(text, width) for texts, width in columns for text in texts]
    return b"".join(text.encode("ascii", "replace")[:width].ljust(width) for text, width in fields)


def _word(text: str) -> str:
    return text.replace(" ", "_") or "X"


def _born(date: str) -> str:
    parts = date.split("-")
    return f"{parts[2]}-{_MONTHS[int(parts[1]) - 1]}-{parts[0]}" if len(parts) == 3 else ""
