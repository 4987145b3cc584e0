"""One channel as evenly spaced values for forecasting: a grid in time, gaps as NaN."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from medstation.api import BadInput, FileSource, Record
from medstation_signals.csv_read import step_of
from medstation_signals.reading import load
from medstation_signals.recording import Channel
from medstation_signals.units import to_mg

BRIDGED = 1.6
"""Values may lie this many steps apart and still be joined by a straight line; a longer way is a gap."""
MOST_POINTS = 2_000_000
DAY, WEEK, YEAR = 86_400.0, 604_800.0, 31_556_952.0


@dataclass(frozen=True)
class Series:
    """`values` float64 (time,), NaN for gaps, every `step` seconds from `first` seconds after the recording's start.

    Glucose is in mg/dL whatever the record's unit is; `factor` turns it back: value in `unit` = values * factor.
    `clock` is the time of day of the first value in seconds (0 where the record has no date).
    """

    values: np.ndarray
    step: float
    first: float
    clock: float
    name: str
    unit: str
    factor: float

    def times(self) -> np.ndarray:
        """Seconds from the recording's start of every value."""
        return self.first + self.step * np.arange(len(self.values))


def series_of(record: Record, files: FileSource, channel: str = "", step: float = 0.0) -> Series:
    """The named channel (or the glucose, or the first one) every `step` seconds (0: as it was measured)."""
    recording = load(record, files)
    found = recording.channel(channel, "glucose")
    if found is None and channel:
        raise BadInput(f"{record.title!r} has no channel {channel!r}", "Name one that all records have.")
    found = found or next(iter(recording.channels), None)
    if found is None or len(found.values) < 3:
        raise BadInput(f"{record.title!r} has no values to forecast", "Leave it out of the data set.")
    to_model = to_mg(found.unit) if found.quantity == "glucose" else 1.0
    own = natural_step(found)
    chosen = step or own
    if found.end() / chosen > MOST_POINTS:
        raise BadInput(f"{record.title!r} has {found.rate:g} values per second", "Set a longer step for forecasting.")
    times, values = found.seconds(), found.physical().astype(np.float64) * to_model
    known = np.isfinite(values)
    grid, resampled = on_grid(times[known], values[known], chosen, max(own, chosen))
    clock = _clock(recording.start) + float(grid[0])
    return Series(resampled, chosen, float(grid[0]), clock, found.name, found.unit, 1 / to_model)


def natural_step(channel: Channel) -> float:
    """Seconds between values: of a sampled channel exactly, of others the usual way, on a round number."""
    if channel.rate:
        return 1 / channel.rate
    step = step_of(channel.seconds())
    for unit in (DAY, 3600.0, 60.0, 1.0):
        whole = round(step / unit)
        if whole and abs(step - whole * unit) <= 0.02 * step:
            return whole * unit
    return step or 1.0


def on_grid(times: np.ndarray, values: np.ndarray, step: float, usual: float) -> tuple[np.ndarray, np.ndarray]:
    """Grid times (s) and values: straight lines between neighbours, NaN where they are too far apart.

    When the grid is coarser than the measurements, each grid value is the mean of the values around it.
    """
    grid = times[0] + step * np.arange(int((times[-1] - times[0]) / step + 1e-6) + 1)
    if len(times) > 2 and step > 1.5 * step_of(times):
        values = _means(times, values, step)
    made = np.interp(grid, times, values)
    after = np.clip(np.searchsorted(times, grid - 1e-6), 0, len(times) - 1)
    before = np.clip(after - 1, 0, len(times) - 1)
    apart = np.where(np.abs(times[after] - grid) < 1e-6, 0.0, times[after] - times[before])
    made[apart > BRIDGED * usual + 1e-6] = np.nan
    return grid, made


def _means(times: np.ndarray, values: np.ndarray, step: float) -> np.ndarray:
    """Running means over one step that end at each value: nothing of the future gets into it."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    begin = np.searchsorted(times, times - step, side="right")
    end = np.arange(1, len(times) + 1)
    return np.asarray((sums[end] - sums[begin]) / (end - begin))


def _clock(start: str) -> float:
    """Seconds since midnight of an ISO time; 0 where there is none."""
    clock = start[11:19]
    if len(clock) < 8:
        return 0.0
    hours, minutes, seconds = (int(part) for part in clock.split(":"))
    return hours * 3600.0 + minutes * 60 + seconds


def season_of(step: float) -> int:
    """Steps after which such a series usually repeats: a day, or a year for daily and weekly values."""
    if step >= 6 * DAY:
        return round(YEAR / step)
    return round((WEEK if step >= DAY else DAY) / step)
