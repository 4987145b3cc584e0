"""Dates moved by whole days, times of day as they are (PS3.5 6.2: DA, DT, TM)."""

from __future__ import annotations

import re
from datetime import date, timedelta

_DATE = re.compile(r"(\d{4})[.-]?(\d{2})[.-]?(\d{2})")
_DATE_TIME = re.compile(r"(\d{4})(\d{2})?(\d{2})?(\d{0,6}(?:\.\d{1,6})?)([+-]\d{4})?")


def shifted(text: str, kind: str, days: int) -> str:
    """A value of one date moved by `days`; "" for what is no date. A TM stays."""
    value = text.strip(" \0")
    if kind == "TM":
        return value if re.fullmatch(r"[\d:.\- ]*", value) else ""
    if kind == "DA":
        match = _DATE.fullmatch(value)
        return _moved(match[1], match[2], match[3], days) if match else ""
    return _moved_moment(value, days)


def _moved_moment(value: str, days: int) -> str:
    """A DT keeps its precision: what ends at its year or month is moved from that period's first day."""
    match = _DATE_TIME.fullmatch(value)
    if not match:
        return ""
    year, month, day, time, zone = match.groups()
    moved = _moved(year, month or "01", day or "01", days)
    if not moved:
        return ""
    kept = moved if day else moved[:6] if month else moved[:4]
    return kept + (time if day else "") + (zone or "")


def _moved(year: str, month: str, day: str, days: int) -> str:
    try:
        moved = date(int(year), int(month), int(day)) + timedelta(days=days)
    except (ValueError, OverflowError):
        return ""
    return f"{moved.year:04}{moved.month:02}{moved.day:02}"
