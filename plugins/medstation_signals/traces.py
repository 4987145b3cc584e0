"""What of a recording is to be drawn where: traces cut to the window, one pair of values per pixel. No Qt here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from medstation.api import Fetched, Json
from medstation_signals.pyramid import FACTOR, level_counts
from medstation_signals.recording import quantity_of

GAP = 2.5
"""Values of an irregular channel further apart than this many usual steps are not joined."""


Piece = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Window:
    """What is on screen: seconds from the recording's start at the left edge, seconds per pixel, pixels."""

    start: float
    per_pixel: float
    width: int

    @property
    def end(self) -> float:
        return self.start + self.per_pixel * self.width

    def x(self, seconds: np.ndarray | float) -> np.ndarray:
        return np.asarray((np.asarray(seconds, np.float64) - self.start) / self.per_pixel)


@dataclass
class Trace:
    """A channel as the view holds it: `levels` are (low, high) of pyramid levels 1, 2, ...; level 0 is `values`.

    `usual` are the lowest and highest usual value and the median.
    """

    name: str
    unit: str
    rate: float
    scale: float
    offset: float
    quantity: str
    runs: list[tuple[float, int, int]]
    values: np.ndarray | None
    times: np.ndarray | None
    levels: list[tuple[np.ndarray, np.ndarray]]
    usual: tuple[float, float, float]
    visible: bool = True
    gain: float = 1.0
    _firsts: dict[int, list[int]] = field(default_factory=dict)

    def pieces(self, window: Window) -> Iterator[Piece]:
        """(x in pixels, lowest, highest) of every unbroken stretch in the window; both are one array for a line."""
        if self.times is not None:
            yield from self._points(window)
            return
        for number, (start, first, count) in enumerate(self.runs):
            if start < window.end and start + count / self.rate > window.start:
                yield from self._run(window, number, start, first, count)

    def _points(self, window: Window) -> Iterator[Piece]:
        assert self.times is not None and self.values is not None
        begin = max(0, int(np.searchsorted(self.times, window.start)) - 1)
        end = min(len(self.times), int(np.searchsorted(self.times, window.end)) + 1)
        times, values = self.times[begin:end], self._physical(self.values[begin:end])
        if not len(times):
            return
        breaks = np.flatnonzero(np.diff(times) > GAP * self.step) + 1
        for part_times, part_values in zip(np.split(times, breaks), np.split(values, breaks), strict=True):
            yield window.x(part_times), part_values, part_values

    @property
    def step(self) -> float:
        """The usual seconds between values."""
        if self.times is None:
            return 1 / self.rate
        return float(np.median(np.diff(self.times))) if len(self.times) > 1 else 1.0

    def _run(self, window: Window, number: int, start: float, first: int, count: int) -> Iterator[Piece]:
        level = self._level(self.rate * window.per_pixel)
        step = FACTOR**level / self.rate
        held = level_counts([count], level)[0]
        begin = max(0, int((window.start - start) / step) - 1)
        end = min(held, int((window.end - start) / step) + 2)
        if begin >= end:
            return
        at = self._first(level, number) + begin
        times = start + step * np.arange(begin, end)
        if level == 0:
            if self.values is None:
                return
            values = self._physical(self.values[at : at + end - begin])
            yield from _unbroken(window.x(times), values, values)
            return
        low, high = (self._physical(one[at : at + end - begin]) for one in self.levels[level - 1])
        if self.scale < 0:
            low, high = high, low
        yield from _unbroken(*_per_pixel(window.x(times), low, high))

    def _level(self, per_pixel: float) -> int:
        """The coarsest level that still has a value for every pixel."""
        level = int(np.log(max(per_pixel, 1)) / np.log(FACTOR))
        level = min(level, len(self.levels))
        return max(level, 1) if self.values is None and self.levels else level

    def _first(self, level: int, number: int) -> int:
        """Where a run begins in the arrays of a level."""
        if level not in self._firsts:
            counts = level_counts([count for _, _, count in self.runs], level)
            self._firsts[level] = [0, *np.cumsum(counts).tolist()]
        return self.runs[number][1] if level == 0 else self._firsts[level][number]

    def _physical(self, values: np.ndarray) -> np.ndarray:
        return values.astype(np.float32) * np.float32(self.scale) + np.float32(self.offset)

    def value_at(self, seconds: float) -> float:
        """The value at a time, NaN where there is none."""
        window = Window(seconds - 0.5 * self.step, self.step, 1)
        for x, values, _ in self.pieces(window):
            place = int(np.argmin(np.abs(x - 0.5)))
            if abs(float(x[place]) - 0.5) <= 1.0:
                return float(values[place])
        return float("nan")


def _per_pixel(x: np.ndarray, low: np.ndarray, high: np.ndarray) -> Piece:
    """One lowest and highest value for each pixel column."""
    columns = np.floor(x).astype(np.int64)
    starts = np.flatnonzero(np.diff(columns, prepend=columns[0] - 1))
    return columns[starts] + 0.5, np.fmin.reduceat(low, starts), np.fmax.reduceat(high, starts)


def _unbroken(x: np.ndarray, low: np.ndarray, high: np.ndarray) -> Iterator[Piece]:
    known = np.isfinite(low)
    if known.all():
        yield x, low, high
        return
    edges = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]]).astype(np.int8)))
    for begin, end in zip(edges[0::2], edges[1::2], strict=True):
        yield x[begin:end], low[begin:end], high[begin:end]


def traces_of(fetched: Fetched) -> list[Trace]:
    """The traces of what `fetch_recording` gave."""
    return [_trace(number, facts, fetched.arrays) for number, facts in enumerate(fetched.facts["channels"])]


def _trace(number: int, facts: Json, arrays: Mapping[str, np.ndarray]) -> Trace:
    levels: list[tuple[np.ndarray, np.ndarray]] = []
    while f"{number}/low{len(levels) + 1}" in arrays:
        level = len(levels) + 1
        levels.append((arrays[f"{number}/low{level}"], arrays[f"{number}/high{level}"]))
    return Trace(
        facts["name"], facts["unit"], facts["rate"], facts["scale"], facts["offset"],
        facts["quantity"] or quantity_of(facts["name"], facts["unit"]), [tuple(run) for run in facts["runs"]],
        arrays.get(f"{number}/values"), arrays.get(f"{number}/times"), levels, tuple(facts["range"]),
    )  # fmt: skip
