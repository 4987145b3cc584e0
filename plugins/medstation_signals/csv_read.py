"""Reading the measurements of a table, with every doubt counted: what was doubled, disordered or no number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from medstation.api import BadInput, FileSource, Json
from medstation_signals.csv_dialect import LIMITS, rows_of
from medstation_signals.csv_mapping import Column, Layout, layout_from
from medstation_signals.recording import Channel, Recording, Run, quantity_of
from medstation_signals.units import glucose_unit, has_both_units, tidy, to_mg
from medstation_signals.unpacking import gunzip

_EPOCH = datetime(1970, 1, 1)
_READING = "EGV"


@dataclass(frozen=True)
class Table:
    """The rows of one person: `seconds` since 1970 or from 0 (float64, NaN: none), cells as text."""

    seconds: np.ndarray
    rows: Sequence[Sequence[str]]
    layout: Layout


def text_of(data: bytes, name: str, most: int = -1) -> str:
    """The text of a table; gzip is opened (its first `most` bytes), UTF-8, UTF-16 and Latin-1 are told apart."""
    if data[:2] == b"\x1f\x8b":
        data = gunzip(data, name, most)
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    if b"\0" in data[:4096]:
        raise BadInput(f"{name} is no text", "Give a table as text.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def read_table(text: str, layout: Layout, patient: str = "") -> Table:
    """The rows of `patient` (all when no column names one)."""
    rows = rows_of(text, layout.delimiter)[layout.first :]
    if layout.patient >= 0:
        rows = [row for row in rows if len(row) > layout.patient and row[layout.patient].strip() == patient]
    return Table(_seconds(rows, layout), rows, layout)


def patients_in(text: str, layout: Layout) -> list[str]:
    """The patients a table names, in order of appearance; [""] when it names none."""
    if layout.patient < 0:
        return [""]
    rows = rows_of(text, layout.delimiter)[layout.first :]
    return list(dict.fromkeys(row[layout.patient].strip() for row in rows if len(row) > layout.patient))


def _seconds(rows: Sequence[Sequence[str]], layout: Layout) -> np.ndarray:
    if not layout.times:
        return np.arange(len(rows)) / layout.rate
    dialect, at = layout.dialect, layout.times
    if layout.time_unit:
        return np.array([dialect.number(_cell(row, at[0])) for row in rows]) * layout.time_unit
    return np.array([dialect.moment(" ".join(_cell(row, index) for index in at)) for row in rows])


def _cell(row: Sequence[str], index: int) -> str:
    return row[index] if index < len(row) else ""


@dataclass
class Doubts:
    """What was found wrong, for the record's notes."""

    timeless: int = 0
    disordered: int = 0
    doubled: int = 0
    unreadable: int = 0
    limits: int = 0
    converted: int = 0
    guessed: str = ""

    def notes(self) -> list[str]:
        said = [
            (self.timeless, "{} rows have no readable time and are left out."),
            (self.disordered, "{} rows were out of order and have been sorted."),
            (self.doubled, "{} values have the time of another one; the first of each is used."),
            (self.unreadable, "{} cells are no numbers and count as missing."),
            (self.limits, "{} readings say Low or High instead of a number; they stand at 39 or 401 mg/dL."),
            (self.converted, "{} values were converted: the table names two units."),
        ]
        notes = [text.format(count) for count, text in said if count]
        if self.guessed:
            notes.append(f"The table names no unit; {self.guessed} was told from the values.")
        return notes


def channels_of(table: Table) -> tuple[list[Channel], float, list[str]]:
    """Channels, the time of the first value (seconds since 1970, or from 0), and notes."""
    doubts = Doubts(timeless=int(np.isnan(table.seconds).sum()))
    usable = np.flatnonzero(np.isfinite(table.seconds))
    order = usable[np.argsort(table.seconds[usable], kind="stable")]
    doubts.disordered = int((np.diff(table.seconds[usable]) < 0).sum())
    made = [_points(table, column, order, doubts) for column in table.layout.values]
    kept = [one for one in made if len(one[1])]
    origin = min((float(times[0]) for _, times, _ in kept), default=0.0)
    channels = [_channel(column, times - origin, values, doubts) for column, times, values in kept]
    if table.layout.rate:
        channels = [_sampled(one, table.layout.rate) for one in channels]
    return channels, origin, doubts.notes()


def _points(table: Table, column: Column, order: np.ndarray, doubts: Doubts) -> tuple[Column, np.ndarray, np.ndarray]:
    """One column's (column, times, values): sorted, without doubles and missing values."""
    layout = table.layout
    values = np.full(len(order), np.nan)
    per_mg = 1 / to_mg(column.unit)
    for place, number in enumerate(order):
        row = table.rows[number]
        text = _cell(row, column.index).strip()
        if not text or (column.quantity == "glucose" and _is_other_event(row, layout)):
            continue
        value = layout.dialect.number(text)
        if np.isnan(value) and column.quantity == "glucose" and text.lower() in LIMITS:
            value, doubts.limits = LIMITS[text.lower()] * per_mg, doubts.limits + 1
        elif np.isnan(value):
            doubts.unreadable += 1
        values[place] = value
    if layout.unit >= 0 and column.quantity == "glucose":
        column, values = _in_one_unit(table, column, order, values, doubts)
    known = np.isfinite(values)
    times, values = table.seconds[order][known], values[known]
    first = np.concatenate([[True], np.diff(times) > 0]) if len(times) else np.zeros(0, bool)
    doubts.doubled += int((~first).sum())
    return column, times[first], values[first]


def _is_other_event(row: Sequence[str], layout: Layout) -> bool:
    """A calibration, an alert: its number is not a reading of the sensor."""
    return layout.event >= 0 and _cell(row, layout.event).strip().upper() not in (_READING, "")


def _in_one_unit(
    table: Table, column: Column, order: np.ndarray, values: np.ndarray, doubts: Doubts
) -> tuple[Column, np.ndarray]:
    units = [tidy(_cell(table.rows[number], table.layout.unit)) for number in order]
    main = max(set(units), key=units.count) if units else ""
    factors = np.array([to_mg(unit) / to_mg(main) for unit in units])
    doubts.converted += int((factors != 1).sum())
    return Column(column.index, column.name, main, column.quantity), values * factors


def _channel(column: Column, times: np.ndarray, values: np.ndarray, doubts: Doubts) -> Channel:
    unit = column.unit
    if column.quantity == "glucose":
        if has_both_units(values):
            raise BadInput(
                f"the values of {column.name!r} are in two units: some can only be mmol/L, others only mg/dL",
                "Split the table by device, or add a column that names the unit of each row.",
            )
        if not unit:
            unit = doubts.guessed = glucose_unit(values)
    return Channel(column.name, unit, 0.0, values.astype(np.float32), 1.0, 0.0, (), times, column.quantity)


def _sampled(channel: Channel, rate: float) -> Channel:
    """A column without times, sampled `rate` times per second; missing values are NaN, so that time stays true."""
    places = np.rint(channel.seconds() * rate).astype(int)
    values = np.full(int(places[-1]) + 1 if len(places) else 0, np.nan, np.float32)
    values[places] = channel.values
    quantity = quantity_of(channel.name, channel.unit)
    return Channel(channel.name, channel.unit, rate, values, 1.0, 0.0, (Run(0.0, 0, len(values)),), None, quantity)


def step_of(times: np.ndarray) -> float:
    """The usual seconds between values."""
    return float(np.median(np.diff(times))) if len(times) > 1 else 0.0


def iso(seconds: float) -> str:
    return (_EPOCH + timedelta(seconds=seconds)).isoformat(timespec="seconds")


def load_csv(files: FileSource) -> Recording:
    """The channels of the record's table."""
    facts: Json = files.facts(0)
    layout = layout_from(facts["layout"])
    table = read_table(text_of(files.read(0), files.name(0)), layout, facts["patient"])
    channels, origin, notes = channels_of(table)
    return Recording(tuple(channels), iso(origin) if not layout.time_unit and layout.times else "", tuple(notes))
