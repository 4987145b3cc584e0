"""Finding by a few letters: patients, records, models and commands. Plain values, no widgets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """One thing that can be found: `kind` is shown at its right ("record", "model", "command", ...)."""

    title: str
    detail: str
    kind: str
    act: Callable[[], None]
    keys: str = ""


def score(query: str, entry: Entry) -> float:
    """How well an entry fits; 0 is not at all. Every word must be found; the title counts most."""
    title, everything = entry.title.casefold(), f"{entry.title} {entry.detail} {entry.kind}".casefold()
    total = 0.0
    for word in query.casefold().split():
        if title.startswith(word):
            total += 4
        elif f" {word}" in f" {title}":
            total += 3
        elif word in title:
            total += 2
        elif word in everything:
            total += 1
        elif _in_order(word, title):
            total += 0.4
        else:
            return 0.0
    return total


def _in_order(letters: str, text: str) -> bool:
    """Whether the letters come in this order in the text: "ftr" finds "fine-tune run"."""
    rest = iter(text)
    return len(letters) > 1 and all(letter in rest for letter in letters)


def find(query: str, entries: Iterable[Entry], most: int = 30) -> Sequence[Entry]:
    """The entries that fit, best first; without a query, the first ones as they come."""
    if not query.strip():
        return list(entries)[:most]
    scored = [(score(query, entry), entry) for entry in entries]
    scored.sort(key=lambda pair: (-pair[0], len(pair[1].title)))
    return [entry for fit, entry in scored if fit > 0][:most]
