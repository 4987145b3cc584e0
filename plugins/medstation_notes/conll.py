"""CoNLL/BIO files: one word and its tag a line. The text is put together again, with every word's place known."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from medstation_notes.pieces import Piece, lines_of
from medstation_notes.spans import Span
from medstation_notes.tokens import Token, spans_of

DOCUMENT = b"-DOCSTART-"
_TAG = re.compile(r"(?:O|[BIESLU]-\S.*)")
_NO_SPACE_BEFORE = frozenset(".,;:!?)]}%'")
_NO_SPACE_AFTER = frozenset("([{")

Rows = list[tuple[str, str]]
"""A sentence: (word, tag) pairs."""


def looks_like(head: bytes) -> bool:
    """Whether the first lines of a file are words with tags."""
    rows = [line for line in head.decode("utf-8", "replace").splitlines()[:200] if line.strip()][:-1]
    rows = [row for row in rows if not row.startswith(("-DOCSTART-", "#"))]
    return len(rows) >= 2 and all(_row(row) is not None for row in rows)


def _row(line: str) -> tuple[str, str] | None:
    """First column and last; None when the last is no tag."""
    fields = line.split("\t") if "\t" in line else line.split()
    if len(fields) < 2 or not fields[0].strip() or not _TAG.fullmatch(fields[-1].strip()):
        return None
    return fields[0].strip(), fields[-1].strip()


def sentences_of(text: str) -> list[Rows]:
    """Sentences of one document; lines that are no word with a tag are left out."""
    found: list[Rows] = [[]]
    for line in text.split("\n"):
        if not line.strip():
            found.append([])
        elif not line.startswith(("-DOCSTART-", "# ")) and (row := _row(line)):
            found[-1].append(row)
    return [rows for rows in found if rows]


def bad_lines(text: str) -> list[int]:
    """Numbers (from 1) of lines that hold something but no word with a tag."""
    return [
        number
        for number, line in enumerate(text.split("\n"), 1)
        if line.strip() and not line.startswith(("-DOCSTART-", "# ")) and _row(line) is None
    ]


def rebuilt(sentences: Sequence[Rows]) -> tuple[str, list[Token], list[Span]]:
    """Text (a line per sentence, no space before a comma or inside a bracket), words with their places, entities."""
    text, tokens, tags = "", [], []
    pieces: list[str] = []
    length = 0
    for number, rows in enumerate(sentences):
        before = "\n" if number else ""
        for index, (word, tag) in enumerate(rows):
            gap = before if index == 0 else _gap(rows[index - 1][0], word)
            pieces += (gap, word)
            start = length + len(gap)
            length = start + len(word)
            tokens.append(Token(start, length, word))
            tags.append(tag if index or tag == "O" else "B-" + tag.partition("-")[2])
    text = "".join(pieces)
    return text, tokens, spans_of(tags, tokens, text)


def _gap(before: str, word: str) -> str:
    return "" if word in _NO_SPACE_BEFORE or before in _NO_SPACE_AFTER else " "


def documents(data: bytes, per_document: int) -> Iterator[Piece]:
    """The documents of a file: by `-DOCSTART-`, by two empty lines, or every few sentences (0: all in one)."""
    lines = list(lines_of(data))
    if any(line.startswith(DOCUMENT) for _, line in lines):
        cuts = [start for start, line in lines if line.startswith(DOCUMENT)]
    else:
        cuts = _double_gaps(lines) or _every(lines, per_document)
    edges = [0, *cuts, len(data)] if not cuts or cuts[0] else [*cuts, len(data)]
    for start, end in pairwise(edges):
        if data[start:end].strip():
            yield Piece(start, end - start)


def _double_gaps(lines: Sequence[tuple[int, bytes]]) -> list[int]:
    cuts, empty = [], 0
    for start, line in lines:
        if line.strip():
            if empty >= 2 and start:
                cuts.append(start)
            empty = 0
        else:
            empty += 1
    return cuts


def _every(lines: Sequence[tuple[int, bytes]], count: int) -> list[int]:
    cuts, seen, inside = [], 0, False
    for start, line in lines:
        if line.strip() and not inside:
            if count and seen and seen % count == 0:
                cuts.append(start)
            seen += 1
        inside = bool(line.strip())
    return cuts
