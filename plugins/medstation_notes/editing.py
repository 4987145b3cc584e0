"""The entities of a note while a person works on them, with every earlier state kept for undo. No Qt here."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from medstation_notes.spans import Span


class Editing:
    """`spans` are what the label says now. Words, from `starts` to `ends`, are what spans are made of."""

    def __init__(self, text: str, starts: Sequence[int], ends: Sequence[int]) -> None:
        self.text = text
        self._starts, self._ends = starts, ends
        self.spans: tuple[Span, ...] = ()
        self._before: list[tuple[Span, ...]] = []
        self._after: list[tuple[Span, ...]] = []

    def adopt(self, spans: Iterable[Span]) -> None:
        """Begin from a stored label."""
        self.spans, self._before, self._after = tuple(sorted(spans)), [], []

    def change(self, spans: Iterable[Span]) -> bool:
        """A new state; False when it is the old one."""
        new = tuple(sorted({span.key: span for span in spans}.values()))
        if [span.key for span in new] == [span.key for span in self.spans]:
            return False
        self._before.append(self.spans)
        self._after.clear()
        self.spans = new
        return True

    def undo(self) -> bool:
        return self._step(self._before, self._after)

    def redo(self) -> bool:
        return self._step(self._after, self._before)

    def _step(self, source: list[tuple[Span, ...]], target: list[tuple[Span, ...]]) -> bool:
        if not source:
            return False
        target.append(self.spans)
        self.spans = source.pop()
        return True

    # ------------------------------------------------------------------ acts

    def mark(self, start: int, end: int, kind: str) -> bool:
        """The words from `start` to `end` are a `kind`: a new entity, or a new type of the one that stands there."""
        kept = [span for span in self.spans if (span.start, span.end) != (start, end)]
        return self.change([*kept, self._span(start, end, kind)])

    def remove(self, start: int, end: int) -> bool:
        """Take away the entity of exactly these characters, else all that touch them."""
        exact = [span for span in self.spans if (span.start, span.end) == (start, end)]
        gone = exact or [span for span in self.spans if span.start < end and start < span.end]
        return self.change(span for span in self.spans if span not in gone)

    def resize(self, old: tuple[int, int], new: tuple[int, int]) -> bool:
        """The entity at `old` now reaches over `new`."""
        moved = [span for span in self.spans if (span.start, span.end) == old]
        kept = [span for span in self.spans if span not in moved]
        return bool(moved) and self.change([*kept, *(self._span(*new, span.type) for span in moved)])

    def take(self, spans: Iterable[Span]) -> bool:
        """Predicted entities become labelled ones."""
        return self.change([*self.spans, *(self._span(span.start, span.end, span.type) for span in spans)])

    def _span(self, start: int, end: int, kind: str) -> Span:
        return Span(start, end, kind, self.text[start:end])

    def at(self, start: int, end: int) -> Span | None:
        """The entity of exactly these characters."""
        return next((span for span in self.spans if (span.start, span.end) == (start, end)), None)

    # ------------------------------------------------------------------ words

    def whole_words(self, start: int, end: int) -> tuple[int, int] | None:
        """`start` to `end` widened to whole words; None where no word is touched."""
        first, last = bisect_right(self._ends, start), bisect_left(self._starts, max(end, start + 1)) - 1
        if first > last:
            return None
        return self._starts[first], self._ends[last]

    def beside(self, place: tuple[int, int] | None, step: int) -> tuple[int, int] | None:
        """The word after (`step` 1) or before (-1) a place; the first or last word where there is none."""
        if not self._starts:
            return None
        if place is None:
            index = 0 if step > 0 else len(self._starts) - 1
        elif step > 0:
            index = min(bisect_left(self._starts, place[1]), len(self._starts) - 1)
        else:
            index = max(bisect_right(self._ends, place[0]) - 1, 0)
        return self._starts[index], self._ends[index]

    def grown(self, place: tuple[int, int], step: int, at_start: bool = False) -> tuple[int, int]:
        """The place with its end (or its start) moved by one word; never less than one word."""
        first = bisect_left(self._starts, place[0])
        last = bisect_right(self._ends, place[1]) - 1
        first, last = max(min(first, len(self._starts) - 1), 0), max(last, 0)
        if at_start:
            first = max(0, min(first + step, last))
        else:
            last = min(len(self._starts) - 1, max(last + step, first))
        return self._starts[first], self._ends[last]
