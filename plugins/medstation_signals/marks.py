"""Events as arrays, found and edited quickly: what the view draws and a person changes. No Qt here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from medstation_signals.events import SignalEvent, event

ECG_TYPES = ("N", "S", "V", "F", "Q", "AFIB", "VT", "Pause", "Noise")
GLUCOSE_TYPES = ("Meal", "Insulin", "Exercise", "Low", "High", "Sensor error", "Sleep", "Illness", "Note")
SERIES_TYPES = ("Event", "Artefact", "Noise", "Sleep", "Wake", "Arousal", "Apnoea", "Seizure", "Note")
"""What the keys 1 to 9 set."""
MOST_UNDO = 500


def types_for(kind: str) -> tuple[str, ...]:
    return {"ecg": ECG_TYPES, "glucose": GLUCOSE_TYPES}.get(kind, SERIES_TYPES)


@dataclass(frozen=True)
class Marks:
    """Events in order of time: `starts` and `ends` (seconds, NaN for a moment), `types` index `names`."""

    starts: np.ndarray
    ends: np.ndarray
    types: np.ndarray
    names: tuple[str, ...]
    longest: float = 0.0

    def __len__(self) -> int:
        return len(self.starts)

    def between(self, begin: float, end: float) -> np.ndarray:
        """Indices of events that touch [begin, end]."""
        first = int(np.searchsorted(self.starts, begin - self.longest))
        last = int(np.searchsorted(self.starts, end, side="right"))
        found = np.arange(first, last)
        until = np.where(np.isnan(self.ends[found]), self.starts[found], self.ends[found])
        return found[until >= begin]

    def nearest(self, seconds: float) -> int:
        """The event whose begin is nearest, -1 when there is none."""
        if not len(self.starts):
            return -1
        place = int(np.searchsorted(self.starts, seconds))
        around = [one for one in (place - 1, place) if 0 <= one < len(self.starts)]
        return min(around, key=lambda one: abs(float(self.starts[one]) - seconds))

    def name(self, index: int) -> str:
        return self.names[int(self.types[index])]

    def counts(self) -> dict[str, int]:
        found = np.bincount(self.types, minlength=len(self.names))
        return {self.names[i]: int(found[i]) for i in np.argsort(-found) if found[i]}

    def events(self) -> list[SignalEvent]:
        return [
            event(start, None if np.isnan(end) else end, self.names[kind])
            for start, end, kind in zip(self.starts.tolist(), self.ends.tolist(), self.types.tolist(), strict=True)
        ]


def marks_of(events: Sequence[SignalEvent]) -> Marks:
    ordered = sorted(events, key=lambda one: one.start)
    names = tuple(dict.fromkeys(one.type for one in ordered))
    place = {name: number for number, name in enumerate(names)}
    starts = np.array([one.start for one in ordered], np.float64)
    ends = np.array([np.nan if one.end is None else one.end for one in ordered], np.float64)
    types = np.array([place[one.type] for one in ordered], np.int32)
    longest = float(np.nanmax(ends - starts)) if np.isfinite(ends).any() else 0.0
    return Marks(starts, ends, types, names, longest)


class Editor:
    """The events a person works on. Every change can be taken back."""

    def __init__(self, types: Sequence[str]) -> None:
        self.marks = marks_of([])
        self.types = list(types)
        self.current = 0
        self.selected = -1
        self.changed = False
        self._history: list[tuple[Marks, int]] = []

    def load(self, marks: Marks) -> None:
        """Begin anew with these events."""
        self.marks, self.selected, self.changed = marks, -1, False
        self._history.clear()

    def add(self, start: float, end: float | None = None) -> None:
        """An event of the current type, which is then selected."""
        self._remember()
        name = self.types[self.current]
        names = self.marks.names if name in self.marks.names else (*self.marks.names, name)
        at = int(np.searchsorted(self.marks.starts, start, side="right"))
        until = np.nan if end is None else end
        self.marks = Marks(
            np.insert(self.marks.starts, at, start),
            np.insert(self.marks.ends, at, until),
            np.insert(self.marks.types, at, names.index(name)).astype(np.int32),
            names,
            max(self.marks.longest, 0.0 if end is None else end - start),
        )
        self.selected = at

    def remove(self, index: int) -> None:
        self._remember()
        kept = np.arange(len(self.marks)) != index
        old = self.marks
        self.marks = Marks(old.starts[kept], old.ends[kept], old.types[kept], old.names, old.longest)
        self.selected = -1

    def retype(self, index: int, name: str) -> None:
        self._remember()
        names = self.marks.names if name in self.marks.names else (*self.marks.names, name)
        types = self.marks.types.copy()
        types[index] = names.index(name)
        self.marks = Marks(self.marks.starts, self.marks.ends, types, names, self.marks.longest)

    def undo(self) -> bool:
        """Take the last change back; False when there is none."""
        if not self._history:
            return False
        self.marks, self.selected = self._history.pop()
        self.changed = bool(self._history)
        return True

    def _remember(self) -> None:
        self._history.append((self.marks, self.selected))
        del self._history[:-MOST_UNDO]
        self.changed = True
