"""What a model's report is made of, before it is a page: sections with text, tables and charts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Row = tuple[str, ...]
Draw = Callable[[Any], None]
"""Draws into matplotlib axes."""


@dataclass(frozen=True)
class Table:
    """`head` may be empty: then the first column says what the others are."""

    head: Row
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Chart:
    """One picture; `says` is it in words, for those who cannot see it."""

    says: str
    draw: Draw


@dataclass(frozen=True)
class Section:
    """A heading, what is said first, tables, charts beside each other, and small print at the end."""

    title: str
    text: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    charts: tuple[Chart, ...] = ()
    small: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Report:
    """A whole report; `made` is when and by which version."""

    title: str
    subtitle: str
    made: str
    sections: tuple[Section, ...]


def value(measured: dict[str, Any], sign: str = "") -> str:
    """{"value", "low", "high"} as "0.86 [0.82, 0.89]"."""
    one, low, high = (measured[name] for name in ("value", "low", "high"))
    return f"{one:{sign}.3g} [{low:{sign}.3g}, {high:{sign}.3g}]"
