"""PubTator files: `id|t|title`, `id|a|abstract`, then a line per entity with offsets into both joined by one sign."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from medstation_notes.pieces import Piece, lines_of
from medstation_notes.spans import Span, checked

_HEAD = re.compile(rb"\s*\S+\|t\|")
_TITLE = re.compile(r"([^|\s]+)\|t\|(.*)")
_ABSTRACT = re.compile(r"([^|\s]+)\|a\|(.*)")


def looks_like(head: bytes) -> bool:
    return _HEAD.match(head.removeprefix(b"\xef\xbb\xbf")) is not None


def documents(data: bytes) -> Iterator[Piece]:
    """One piece per document; they begin with their title line."""
    starts = [start for start, line in lines_of(data) if _HEAD.match(line.removeprefix(b"\xef\xbb\xbf"))]
    for start, end in pairwise([*starts, len(data)]):
        yield Piece(start, end - start)


def text_of(block: str) -> tuple[str, str]:
    """(document id, title and abstract on two lines)."""
    title = abstract = name = ""
    for line in block.split("\n"):
        if match := _TITLE.match(line):
            name, title = match.groups()
        elif match := _ABSTRACT.match(line):
            abstract = match.group(2)
    return name, f"{title}\n{abstract}" if abstract else title


def spans_of(block: str, text: str) -> tuple[list[Span], list[str]]:
    """Entities that fit the text, and a sentence on each that does not."""
    spans: list[Span] = []
    wrong: list[str] = []
    for line in block.split("\n"):
        fields = line.split("\t")
        if len(fields) < 5 or _TITLE.match(line) or _ABSTRACT.match(line):
            continue
        if not (fields[1].strip().isdigit() and fields[2].strip().isdigit()):
            wrong.append(f"an entity has no numbers as its place: {line[:60]!r}")
            continue
        code = fields[5].strip() if len(fields) > 5 else ""
        spans.append(
            Span(int(fields[1]), int(fields[2]), fields[4].strip(), fields[3], code="" if code == "-1" else code)
        )
    good, misfits = checked(spans, text)
    return good, wrong + misfits
