"""A source's own identifying values, and finding them in text and bytes however they are written."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from functools import cached_property

from medstation_imaging.deid.words import TERMS

_LETTERS = re.compile(r"[^\W\d_]+")
_NOT_LETTER_BEFORE, _NOT_LETTER_AFTER = r"(?<![^\W\d_])", r"(?![^\W\d_])"
_BYTES_FROM = 6
"""Shorter values turn up in any large block of bytes by chance."""


def folded(text: str) -> tuple[str, list[int]]:
    """Text without capitals and accents, and for each of its characters the place in the original."""
    letters: list[str] = []
    places: list[int] = []
    for place, letter in enumerate(text):
        plain = "".join(part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part))
        for part in plain.casefold():
            letters.append(part)
            places.append(place)
    return "".join(letters), places


@dataclass
class Identity:
    """Values to look for: names (their parts), identifiers and addresses (whole), dates and UIDs."""

    names: set[str] = field(default_factory=set)
    values: set[str] = field(default_factory=set)
    dates: set[str] = field(default_factory=set)
    uids: set[str] = field(default_factory=set)

    def add_name(self, text: str) -> None:
        """Parts of three letters or more; two suffice in scripts that write a name in two signs."""
        for part in _LETTERS.findall(folded(text)[0]):
            if len(part) >= 3 or (len(part) == 2 and ord(part[0]) > 0x2E80):
                self.names.add(part)

    def add_value(self, text: str) -> None:
        """An identifier, address or number: the whole, of four signs or more."""
        value = " ".join(folded(text)[0].split())
        if len(value) >= 4 and not set(value) <= set("0 .-") and value not in TERMS:
            self.values.add(value)
            digits = re.sub(r"\D", "", value)
            if len(digits) >= 6 and len(digits) >= len(value) - 6:
                self.values.add(digits)

    def add_date(self, text: str) -> None:
        if re.fullmatch(r"(1[89]|20)\d{6}", text[:8]) and text[:8] != "19000101":
            self.dates.add(text[:8])

    def share(self, other: Identity) -> None:
        """Take over another's names, values and dates."""
        self.names |= other.names
        self.values |= other.values
        self.dates |= other.dates

    @cached_property
    def pattern(self) -> re.Pattern[str] | None:
        """One expression for all, on folded text; None if there is nothing to look for. Made once: fill first."""
        parts = [_name(name) for name in self.names] + [_value(value) for value in self.values]
        parts += [_date(text) for text in self.dates]
        parts += [rf"(?<![\d.]){re.escape(uid)}(?![\d.])" for uid in self.uids]
        return re.compile("|".join(sorted(parts, key=len, reverse=True))) if parts else None

    @cached_property
    def coded_pattern(self) -> re.Pattern[str] | None:
        """For coded elements, whose own terms may be somebody's name."""
        spared = Identity(self.names - TERMS, self.values, self.dates, self.uids)
        return spared.pattern

    def spans(self, text: str, coded: bool = False) -> list[tuple[int, int]]:
        """Where in `text` values stand (start, end)."""
        pattern = self.coded_pattern if coded else self.pattern
        if pattern is None or not text:
            return []
        plain, places = folded(text)
        return [(places[match.start()], places[match.end() - 1] + 1) for match in pattern.finditer(plain)]

    @cached_property
    def byte_patterns(self) -> tuple[bytes, ...]:
        """What to look for in bytes, in lower case: long values in the encodings a device may have used."""
        longer = {text for text in self.names | self.values | self.dates | self.uids if len(text) >= _BYTES_FROM}
        found: set[bytes] = set()
        for text in longer:
            for encoding in ("utf-8", "latin-1", "utf-16-le", "utf-16-be", "gb18030"):
                found.add(text.encode(encoding, "ignore").lower())
        return tuple(sorted(one for one in found if len(one) >= _BYTES_FROM))

    def in_bytes(self, data: bytes) -> bool:
        lower = data.lower()
        return any(pattern in lower for pattern in self.byte_patterns)


def _name(name: str) -> str:
    """A whole word if it is short; longer ones also inside of words (SMITHJOHN)."""
    whole = re.escape(name)
    return whole if len(name) >= 5 or not name.isascii() else _NOT_LETTER_BEFORE + whole + _NOT_LETTER_AFTER


def _value(value: str) -> str:
    spaced = r"\s+".join(re.escape(part) for part in value.split())
    if value.isdigit():
        return r"(?<!\d)(?<!\d\.)" + r"[\s./()-]{0,2}".join(value) + r"(?!\.?\d)"
    return spaced if len(value) >= 6 else rf"(?<![^\W_]){spaced}(?![^\W_])"


def _date(text: str) -> str:
    """A date in the ways people write it: 19500102, 1950-01-02, 02.01.1950, 1/2/1950."""
    year, month, day = text[:4], text[4:6], text[6:8]
    m, d = f"0?{int(month)}", f"0?{int(day)}"
    sign = r"[-./ ]"
    orders = ((year, m, d), (d, m, year), (m, d, year))
    ways = [text, day + month + year, *(sign.join(order) for order in orders)]
    return r"(?<!\d)(?:" + "|".join(ways) + ")"
