"""How a table of numbers is written: delimiter, decimal mark, header, dates. Told from its first lines."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "space": " "}
MISSING = frozenset(["", "na", "nan", "null", "none", "-", "--", "n/a", "?", "missing", "."])
LIMITS = {"low": 39.0, "niedrig": 39.0, "lo": 39.0, "high": 401.0, "hoch": 401.0, "hi": 401.0}
"""Words that glucose meters write outside of their range, and the value in mg/dL they stand for here."""

_POINT = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")
_COMMA = re.compile(r"[-+]?\d+(,\d+)?")
_GROUPED = re.compile(r"[-+]?\d{1,3}(\.\d{3})+(,\d+)?")
_DATE = re.compile(r"(\d{1,4})([-/.])(\d{1,2})\2(\d{1,4})\.?(?:[T ,]+(\d{1,2})[:.](\d{2})(?:[:.](\d{2})"
                   r"(?:[.,](\d{1,6}))?)?\s*([AaPp]\.?[Mm]\.?)?)?\s*(Z|[+-]\d{2}:?\d{2}| UTC)?")  # fmt: skip


@dataclass(frozen=True)
class Dialect:
    """`delimiter` between cells; `comma`: the decimal mark; `day_first`: 03/04/2024 is the third of April."""

    delimiter: str
    comma: bool
    day_first: bool

    def number(self, text: str) -> float:
        """A cell as a number; NaN for a missing or unreadable one."""
        plain = text.strip().replace("\u00a0", "").strip("\"'")
        if self.comma:
            plain = plain.replace(".", "") if _GROUPED.fullmatch(plain) else plain
            plain = plain.replace(",", ".")
        return float(plain) if _POINT.fullmatch(plain) else np.nan

    def moment(self, text: str) -> float:
        """A cell as seconds since 1970 (local clock); NaN when it is no date."""
        match = _DATE.fullmatch(text.strip().strip("\"'"))
        if match is None:
            return np.nan
        first, _, middle, last, hour, minute, second, fraction, half, _ = match.groups()
        if len(first) == 4:
            year, month, day = int(first), int(middle), int(last)
        elif self.day_first:
            day, month, year = int(first), int(middle), _year(last)
        else:
            month, day, year = int(first), int(middle), _year(last)
        hours = int(hour or 0)
        if half:
            hours = hours % 12 + (12 if half[0] in "pP" else 0)
        try:
            moment = datetime(year, month, day, hours, int(minute or 0), int(second or 0))
        except ValueError:
            return np.nan
        return (moment - datetime(1970, 1, 1)).total_seconds() + float(f"0.{fraction or 0}")


def _year(text: str) -> int:
    number = int(text)
    return number if len(text) == 4 else number + (2000 if number < 70 else 1900)


def rows_of(text: str, delimiter: str) -> list[list[str]]:
    """Cells by row; lines that begin with # and empty lines are left out."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if delimiter == " ":
        return [line.split() for line in lines]
    return list(csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter))


def guess_delimiter(text: str) -> str:
    """The delimiter that cuts the first lines into the most cells, the same number in most lines."""
    lines = [line for line in text.splitlines()[:60] if line.strip() and not line.startswith("#")]
    best, most = ",", 0.0
    for mark in (";", "\t", ",", " "):
        counts = [len(row) for row in rows_of("\n".join(lines), mark)]
        usual = max(set(counts), key=counts.count) if counts else 1
        steady = counts.count(usual) / max(len(counts), 1)
        score = (usual > 1) * steady * (0.5 if mark == " " else 1.0) * (2.0 if mark == ";" else 1.0)
        if score > most:
            best, most = mark, score
    return best


def guess_comma(cells: Iterable[str], delimiter: str) -> bool:
    """True when numbers are written 5,4."""
    if delimiter == ",":
        return any(_COMMA.fullmatch(cell.strip()) and "," in cell for cell in cells)
    texts = [cell.strip() for cell in cells]
    commas = sum(1 for cell in texts if "," in cell and (_COMMA.fullmatch(cell) or _GROUPED.fullmatch(cell)))
    points = sum(1 for cell in texts if "." in cell and _POINT.fullmatch(cell))
    return commas > points


def guess_day_first(cells: Sequence[str]) -> bool:
    """True when dates can only be day before month, or are written with points as in Germany."""
    for cell in cells:
        match = _DATE.fullmatch(cell.strip())
        if match is None or len(match.group(1)) == 4:
            continue
        if int(match.group(1)) > 12 or match.group(2) == ".":
            return True
        if int(match.group(3)) > 12:
            return False
    return False


def is_ambiguous(cells: Sequence[str]) -> bool:
    """True when no date tells day from month: every one is written with slashes and both are 12 or less."""
    seen = [match for cell in cells if (match := _DATE.fullmatch(cell.strip())) and len(match.group(1)) < 4]
    slashed = [match for match in seen if match.group(2) in "/-"]
    return bool(slashed) and all(int(match.group(1)) <= 12 and int(match.group(3)) <= 12 for match in slashed)
