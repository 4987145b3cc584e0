"""Which column of a table is the time, which are values, which is the patient. Told, or as the import settings say."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

import numpy as np

from medstation.api import BadInput, Json
from medstation_signals.csv_dialect import (
    DELIMITERS,
    LIMITS,
    MISSING,
    Dialect,
    guess_comma,
    guess_day_first,
    guess_delimiter,
    is_ambiguous,
    rows_of,
)
from medstation_signals.recording import quantity_of
from medstation_signals.units import tidy

TIME_UNITS = {"seconds": 1.0, "milliseconds": 0.001, "minutes": 60.0, "hours": 3600.0, "days": 86_400.0}
SAMPLE_ROWS = 400
_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2})?")
_TIMES = re.compile(r"\b(time|timestamp|date|datetime|zeit|datum|uhrzeit|ds|t|seconds?|ms|timer)\b")
_GLUCOSE = re.compile(r"glucose|\bcgm\b|\bbg\b|\begv\b|\bgl\b|\bsgv\b|glukose|blutzucker|gewebezucker")
_NO_GLUCOSE = re.compile(r"rate|transmitter|risk|lbgi|hbgi|target|range")
_BESIDE = re.compile(r"insulin|\bcarb|\bcho\b|kohlenhydrat|basal|bolus")
_NO_VALUE = re.compile(r"^(index|#|no\.?|nr\.?|id|row|unnamed.*|record type|serial number|.*\bid)$")
_PATIENT = re.compile(r"^(id|patient|patient.?id|subject|subject.?id|person|participant|pid|usubjid)$")
_UNIT = re.compile(r"[\[(]([^\])]+)[\])]\s*$")
_LOOSE_UNIT = re.compile(r"\b(mg/dl|mmol/l)\b", re.IGNORECASE)
_RATE = re.compile(r"sampling\s+rate\s*\(?hz\)?\s*:?=?\s*([\d.]+)", re.IGNORECASE)
_EVENT = re.compile(r"^event.?type$")


@dataclass(frozen=True)
class Column:
    """A column of values."""

    index: int
    name: str
    unit: str
    quantity: str


@dataclass(frozen=True)
class Layout:
    """Everything needed to read the table again. `first` is the row of data; `clock`: date and time in two columns."""

    delimiter: str
    comma: bool
    day_first: bool
    first: int
    times: tuple[int, ...]
    time_unit: float
    values: tuple[Column, ...]
    patient: int = -1
    event: int = -1
    unit: int = -1
    rate: float = 0.0
    notes: tuple[str, ...] = field(default_factory=tuple)

    @property
    def dialect(self) -> Dialect:
        return Dialect(self.delimiter, self.comma, self.day_first)

    def json(self) -> Json:
        return asdict(self)


def layout_from(data: Json) -> Layout:
    columns = tuple(Column(**one) for one in data["values"])
    return Layout(**{**data, "values": columns, "times": tuple(data["times"]), "notes": tuple(data["notes"])})


def find_layout(text: str, settings: Mapping[str, object]) -> Layout:
    """The layout of a table's text; `BadInput` says what could not be told and which setting tells it."""
    chosen = str(settings.get("delimiter") or "auto")
    delimiter = DELIMITERS.get(chosen) or guess_delimiter(text)
    rows = rows_of(text, delimiter)
    if not rows:
        raise BadInput("the table is empty", "Export it again.")
    cells = [cell for row in rows[:SAMPLE_ROWS] for cell in row]
    decimal = str(settings.get("decimal") or "auto")
    comma = guess_comma(cells, delimiter) if decimal == "auto" else decimal == "comma"
    order = str(settings.get("date_order") or "auto")
    day_first = guess_day_first(cells) if order == "auto" else order == "day first"
    dialect = Dialect(delimiter, comma, day_first)
    notes: list[str] = []
    return _Finder(rows, dialect, settings, notes, _RATE.search(text[:4000])).layout()


class _Finder:
    def __init__(
        self,
        rows: Sequence[Sequence[str]],
        dialect: Dialect,
        settings: Mapping[str, object],
        notes: list[str],
        rate: re.Match[str] | None,
    ) -> None:
        self.dialect, self.settings, self.notes = dialect, settings, notes
        self.rate = float(str(settings.get("rate") or 0)) or (float(rate.group(1)) if rate else 0.0)
        self.first = self._first_row(rows)
        self.sample = [row for row in rows[self.first : self.first + SAMPLE_ROWS] if any(cell.strip() for cell in row)]
        self.width = max((len(row) for row in self.sample), default=0)
        self.names = self._header(rows)

    def layout(self) -> Layout:
        times, unit = self._times()
        if times and not unit and self.settings.get("date_order") in (None, "", "auto"):
            self._doubt_dates(times[0])
        values = self._values(times)
        if not values:
            raise BadInput("no column holds numbers", "Name the columns of values in the import settings.")
        if not times and not self.rate:
            raise BadInput("no column holds the time", "Name the time column, or give the samples per second (rate).")
        return Layout(
            self.dialect.delimiter, self.dialect.comma, self.dialect.day_first, self.first, times, unit, values,
            self._patient(), self._named(_EVENT), self._unit_column(), 0.0 if times else self.rate, tuple(self.notes),
        )  # fmt: skip

    def _doubt_dates(self, index: int) -> None:
        if is_ambiguous(self._column(index)):
            which = "day" if self.dialect.day_first else "month"
            self.notes.append(f"Dates may be day or month first; {which} first was taken. Set the date order.")

    def _first_row(self, rows: Sequence[Sequence[str]]) -> int:
        """The first row with a date, or with nothing but numbers."""
        for number, row in enumerate(rows[:100]):
            if any(np.isfinite(self.dialect.moment(cell)) for cell in row):
                return number
            full = [cell for cell in row if cell.strip().lower() not in MISSING]
            if full and all(np.isfinite(self.dialect.number(cell)) for cell in full):
                return number
        raise BadInput("no row holds a time or only numbers", "This is no table of measurements.")

    def _header(self, rows: Sequence[Sequence[str]]) -> list[str]:
        before = [row for row in rows[: self.first] if len(row) >= 0.6 * self.width]
        best = max(before, key=lambda row: sum(bool(cell.strip()) for cell in row), default=[])
        names = [cell.strip().lstrip("\ufeff") for cell in best]
        return names + [""] * (self.width - len(names))

    def _column(self, index: int) -> list[str]:
        return [row[index].strip() if index < len(row) else "" for row in self.sample]

    def _index(self, name: str) -> int:
        lower = [one.lower() for one in self.names]
        if name.lower() in lower:
            return lower.index(name.lower())
        if name.isdigit() and 1 <= int(name) <= self.width:
            return int(name) - 1
        raise BadInput(f"there is no column {name!r}", "Columns: " + ", ".join(filter(None, self.names[:20])) + ".")

    def _named(self, pattern: re.Pattern[str]) -> int:
        return next((i for i, name in enumerate(self.names) if pattern.search(name.lower())), -1)

    def _times(self) -> tuple[tuple[int, ...], float]:
        """The columns of the time and the seconds of one unit; 0 for dates, no columns when only a rate is known."""
        told = str(self.settings.get("time_column") or "")
        unit = TIME_UNITS.get(str(self.settings.get("time_unit") or ""), 0.0)
        if told:
            index = self._index(told)
            if self._dated(index) > 0.5:
                return (index, *self._clock(index)), 0.0
            return (index,), unit or self._unit_of_time(index)
        shares = [self._dated(index) for index in range(self.width)]
        if shares and max(shares) > 0.5:
            best = max(range(self.width), key=lambda i: (self._full(i), shares[i], bool(self._is_time(i)), -i))
            return (best, *self._clock(best)), 0.0
        index = next((i for i in range(self.width) if self._is_time(i) and self._rises(i)), -1)
        return ((index,), unit or self._unit_of_time(index)) if index >= 0 else ((), 0.0)

    def _dated(self, index: int) -> float:
        cells = [cell for cell in self._column(index) if cell]
        return float(np.mean([np.isfinite(self.dialect.moment(cell)) for cell in cells] or [0.0]))

    def _full(self, index: int) -> float:
        """How much of the cells are dates with a time of day."""
        return float(
            round(sum(":" in cell for cell in self._column(index) if np.isfinite(self.dialect.moment(cell))), -1)
        )

    def _clock(self, index: int) -> tuple[int, ...]:
        """The column with the time of day, when the date stands alone."""
        if any(":" in cell for cell in self._column(index)):
            return ()
        for other in range(self.width):
            cells = [cell for cell in self._column(other) if cell]
            if other != index and cells and all(_CLOCK.fullmatch(cell) for cell in cells[:50]):
                return (other,)
        return ()

    def _is_time(self, index: int) -> bool:
        return bool(_TIMES.search(self.names[index].lower().replace("_", " ")))

    def _rises(self, index: int) -> bool:
        numbers = np.array([self.dialect.number(cell) for cell in self._column(index)])
        known = numbers[np.isfinite(numbers)]
        return len(known) > 2 and bool((np.diff(known) >= 0).mean() > 0.95)

    def _unit_of_time(self, index: int) -> float:
        name = self.names[index].lower()
        for mark, seconds in (("ms", 0.001), ("milli", 0.001), ("min", 60.0), ("hour", 3600.0), ("(h)", 3600.0)):
            if mark in name:
                return seconds
        self.notes.append(f"The column {self.names[index]!r} was taken as seconds. Set the time unit if it is another.")
        return 1.0

    def _values(self, times: tuple[int, ...]) -> tuple[Column, ...]:
        told = [part.strip() for part in str(self.settings.get("value_columns") or "").split(",") if part.strip()]
        if told:
            return tuple(self._described(self._index(name)) for name in told)
        numeric = [i for i in range(self.width) if i not in times and self._numeric(i) > 0.02]
        lower = [self.names[i].lower().replace("_", " ") for i in range(self.width)]
        sugar = [i for i in numeric if _GLUCOSE.search(lower[i]) and not _NO_GLUCOSE.search(lower[i])]
        sugar.sort(key=lambda i: (lower[i] == "bg", -self._numeric(i)))
        if sugar:
            beside = [i for i in numeric if i not in sugar and _BESIDE.search(lower[i])]
            return tuple(self._described(i, "glucose" if i in sugar else "") for i in [*sugar, *beside])
        kept = [i for i in numeric if self._numeric(i) > 0.5 and not _NO_VALUE.match(lower[i])]
        return tuple(self._described(i) for i in kept)

    def _numeric(self, index: int) -> float:
        cells = self._column(index)
        good = [cell for cell in cells if np.isfinite(self.dialect.number(cell)) or cell.lower() in LIMITS]
        return len(good) / max(len(cells), 1)

    def _described(self, index: int, quantity: str = "") -> Column:
        name = self.names[index] or (f"column {index + 1}" if self.width > 1 else str(self.settings.get("stem", "")))
        told = str(self.settings.get("value_unit") or "")
        match = _UNIT.search(name) or _LOOSE_UNIT.search(name)
        unit = told or (match.group(1) if match else "")
        plain = name[: match.start()].strip() if match else name
        return Column(index, plain or name or "column 1", tidy(unit), quantity or quantity_of(plain, unit))

    def _patient(self) -> int:
        told = str(self.settings.get("patient_column") or "")
        if told:
            return self._index(told)
        index = self._named(_PATIENT)
        if index < 0:
            return -1
        cells = [cell for cell in self._column(index) if cell]
        return index if len(set(cells)) <= 0.2 * len(cells) else -1

    def _unit_column(self) -> int:
        for index in range(self.width):
            cells = {tidy(cell) for cell in self._column(index) if cell}
            if cells and cells <= {"mg/dL", "mmol/L"}:
                return index
        return -1
