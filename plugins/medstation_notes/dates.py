"""Dates as tables write them. A date that can be read two ways is not guessed."""

from __future__ import annotations

import re
from datetime import date

_YEAR_FIRST = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?(?:[T ](\d{1,2}:\d{2}(?::\d{2})?).*)?")
_YEAR_LAST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?:[T ](\d{1,2}:\d{2}(?::\d{2})?).*)?")


def iso(text: str) -> tuple[str, str]:
    """(the date as ISO 8601 or "", a caution or "")."""
    text = text.strip()
    if not text:
        return "", ""
    if match := _YEAR_FIRST.fullmatch(text):
        year, month, day, time = match.groups()
        return _checked(text, int(year), int(month), int(day), time)
    if match := _YEAR_LAST.fullmatch(text):
        first, second, year, time = match.groups()
        if int(first) <= 12 and int(second) <= 12 and first != second:
            return "", f"The date {text!r} can be read two ways and was left out."
        day, month = (first, second) if int(first) > 12 or "." in text else (second, first)
        return _checked(text, int(year), int(month), int(day), time)
    return "", f"The date {text[:40]!r} cannot be read and was left out."


def _checked(text: str, year: int, month: int, day: int, time: str | None) -> tuple[str, str]:
    try:
        found = date(year, month, day).isoformat()
    except ValueError:
        return "", f"The date {text[:40]!r} is none and was left out."
    return f"{found}T{time}" if time else found, ""
