"""Words and sentences of a text with their places, and entities as tags on words.

A word is a run of letters and digits, one Chinese character, or one other sign. Offsets count code points.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from medstation_notes.spans import Span

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORDS = re.compile(r"[^\W_]+|[^\w\s]|_")
_WORDS_HAN = re.compile(rf"[{_HAN}]|(?:(?![{_HAN}])[^\W_])+|[^\w\s]|_")
_HAS_HAN = re.compile(rf"[{_HAN}]")
_ENDS = frozenset(".!?。！？;；")
LONGEST_SENTENCE = 150
"""Words; longer ones are cut, at a comma if there is one near."""

OUTSIDE = "O"


@dataclass(frozen=True)
class Token:
    start: int
    end: int
    text: str


def word_places(text: str) -> list[tuple[int, int]]:
    """(start, end) of every word."""
    pattern = _WORDS_HAN if _HAS_HAN.search(text) else _WORDS
    return [match.span() for match in pattern.finditer(text)]


def tokenize(text: str) -> list[Token]:
    return [Token(start, end, text[start:end]) for start, end in word_places(text)]


def sentences(text: str, tokens: Sequence[Token]) -> list[tuple[int, int]]:
    """Ranges (first, last + 1) of `tokens` that belong together.

    A sentence ends at an empty line, at a line end that no small letter follows, and at a full stop before a capital.
    """
    ranges: list[tuple[int, int]] = []
    first = 0
    for index in range(1, len(tokens) + 1):
        if index == len(tokens) or index - first >= LONGEST_SENTENCE or _breaks(text, tokens[index - 1], tokens[index]):
            ranges.append((first, index))
            first = index
    return [(start, end) for start, end in ranges if end > start]


def _breaks(text: str, before: Token, after: Token) -> bool:
    gap = text[before.end : after.start]
    if "\n" in gap:
        return gap.count("\n") > 1 or not after.text[0].islower()
    if before.text not in _ENDS:
        return False
    return before.text in "。！？；" or (bool(gap) and not after.text[0].islower() and after.text[0].isalnum())


def tags_of(spans: Iterable[Span], tokens: Sequence[Token]) -> list[str]:
    """An IOB2 tag for each token. Where spans overlap the longer one counts; a word that a span cuts is taken whole."""
    tags = [OUTSIDE] * len(tokens)
    starts = [token.start for token in tokens]
    ends = [token.end for token in tokens]
    for span in sorted(spans, key=lambda one: (one.start - one.end, one.start)):
        first = bisect_left(ends, span.start + 1)
        last = bisect_left(starts, span.end)
        if first < last and all(tag == OUTSIDE for tag in tags[first:last]):
            tags[first:last] = [f"B-{span.type}"] + [f"I-{span.type}"] * (last - first - 1)
    return tags


def finer(tags: Sequence[str]) -> list[str]:
    """The IOB2 tags of one sentence as IOBES: an entity's last word (E) and one that stands alone (S) get own tags."""
    out: list[str] = []
    for index, tag in enumerate(tags):
        if tag == OUTSIDE:
            out.append(tag)
            continue
        kind = tag[2:]
        begins = tag[0] == "B" or index == 0 or tags[index - 1][2:] != kind
        ends = index + 1 == len(tags) or tags[index + 1] != f"I-{kind}"
        out.append(("S" if ends else "B") + f"-{kind}" if begins else ("E" if ends else "I") + f"-{kind}")
    return out


def finer_names(types: Iterable[str]) -> list[str]:
    """All IOBES tags of these types."""
    return [OUTSIDE, *(f"{prefix}-{kind}" for kind in types for prefix in "BIES")]


def may_follow(before: str, after: str) -> bool:
    """Whether IOBES tag `after` can come after `before`; "" stands for the edge of a sentence."""
    opened = before[:1] in ("B", "I")
    goes_on = after[:1] in ("I", "E")
    return opened == goes_on and (not opened or before[2:] == after[2:])


def spans_of(tags: Sequence[str], tokens: Sequence[Token], text: str, chances: Sequence[float] = ()) -> list[Span]:
    """The entities that tags (IOB2, IOB1 or IOBES) say. `chances` per token: an entity is as sure as its mean."""
    found: list[Span] = []
    start, kind = 0, ""
    for index, tag in enumerate(tags):
        prefix, _, here = tag.partition("-")
        if kind and not (prefix in ("I", "E", "L") and here == kind):
            found.append(_span(start, index, kind, tokens, text, chances))
            kind = ""
        if not kind and here:
            start, kind = index, here
        if kind and prefix in ("E", "S", "L", "U"):
            found.append(_span(start, index + 1, kind, tokens, text, chances))
            kind = ""
    return [*found, _span(start, len(tags), kind, tokens, text, chances)] if kind else found


def _span(first: int, last: int, kind: str, tokens: Sequence[Token], text: str, chances: Sequence[float]) -> Span:
    start, end = tokens[first].start, tokens[last - 1].end
    sure = sum(chances[first:last]) / (last - first) if chances else None
    return Span(start, end, kind, text[start:end], sure)
