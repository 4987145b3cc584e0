"""The series of a data set by part: by persons, or by time within each recording."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from medstation.api import BadInput, Case, Event, Progress, SettingValue, Workbench
from medstation_signals.forecast_model import usable_origins
from medstation_signals.forecast_settings import KINDS
from medstation_signals.series import DAY, Series, season_of, series_of

CUTS = (0.7, 0.8)
"""Where a recording is cut in time: trained before the first, calibrated between, tested after the second."""


@dataclass(frozen=True)
class Example:
    """A series with the index range [begin, end) that its outcomes may lie in."""

    record: str
    patient: str
    series: Series
    begin: int
    end: int

    def origins(self, lookback: int, horizon: int) -> np.ndarray:
        """Origins whose outcomes lie in the range; the look-back may reach before it."""
        usable = usable_origins(self.series.values, lookback)
        return usable[(usable + 1 >= self.begin) & (usable + horizon < self.end)]


@dataclass(frozen=True)
class Parts:
    """Examples by part, and what they have in common."""

    train: tuple[Example, ...]
    calibration: tuple[Example, ...]
    test: tuple[Example, ...]
    by_time: bool
    step: float
    season: int
    notes: tuple[str, ...]


def read_parts(
    cases: Sequence[Case], settings: Mapping[str, SettingValue], bench: Workbench, step: float = 0.0
) -> Generator[Event, None, Parts]:
    """Progress events while the recordings are read; returns the parts. Short recordings are left out with a note."""
    cases = forecastable(cases)
    by_time = _by_time(cases, str(settings["split"]))
    step = step or float(settings["step"]) * 60
    channel = str(settings["channel"])
    found: list[tuple[Case, Series]] = []
    for number, case in enumerate(cases):
        yield Progress(0.4 * number / len(cases), f"Reading recording {number + 1} of {len(cases)}")
        found.append((case, series_of(case.record, bench.files(case.record), channel, step)))
    chosen = step or Counter(one.step for case, one in found if case.part == "train" or by_time).most_common(1)[0][0]
    for number, (case, one) in enumerate(found):
        if abs(one.step - chosen) > 1e-6 * chosen:
            yield Progress(0.45, "Bringing recordings to one step")
            found[number] = (case, series_of(case.record, bench.files(case.record), channel, chosen))
    season = int(settings["season"]) or season_of(chosen)
    return _divided(found, settings, by_time, chosen, season)


def forecastable(cases: Sequence[Case]) -> list[Case]:
    """The cases of kinds that forecasts are made of: a data set without labels holds all records of the task."""
    kept = [case for case in cases if case.record.kind in KINDS]
    if not kept:
        raise BadInput("the data set holds nothing to forecast", "Choose glucose or other series for a new data set.")
    return kept


def _by_time(cases: Sequence[Case], split: str) -> bool:
    persons = {case.patient for case in cases if case.part == "test"}
    learnt = {case.patient for case in cases if case.part != "test"}
    if split == "persons" and (not persons or persons & learnt):
        raise BadInput("the data set has no test persons of its own", "Set split=later, or import more persons.")
    return split == "later" or not persons or bool(persons & learnt)


def _divided(
    found: Sequence[tuple[Case, Series]],
    settings: Mapping[str, SettingValue],
    by_time: bool,
    step: float,
    season: int,
) -> Parts:
    lookback, horizon = int(settings["lookback"]), int(settings["horizon"])
    notes: list[str] = []
    made: dict[str, list[Example]] = {"train": [], "calibration": [], "test": []}
    for case, one in found:
        length = len(one.values)
        if length < lookback + 2 * horizon:
            notes.append(f"{case.record.title}: {length} values are too few and left out.")
            continue
        for part, begin, end in _ranges(case, length, by_time):
            made[part].append(Example(case.record.id, case.patient, one, begin, end))
    if not made["train"]:
        raise BadInput("no recording is long enough to learn from", "Set a shorter look-back or horizon.")
    if by_time:
        notes.append("Tested on the last fifth of each recording's time, calibrated on the tenth before it.")
    train, calibration, test = (tuple(made[part]) for part in made)
    return Parts(train, calibration, test, by_time, step, season, tuple(notes))


def _ranges(case: Case, length: int, by_time: bool) -> list[tuple[str, int, int]]:
    if not by_time:
        return [({"validation": "calibration"}.get(case.part, case.part), 0, length)]
    first, second = (int(cut * length) for cut in CUTS)
    return [("train", 0, first), ("calibration", first, second), ("test", second, length)]


def seasonal_feature(step: float, season: int, told: bool) -> int:
    """Whether the forecaster itself looks a season back: for yearly seasons, or where a person set one."""
    return season if told or step >= 6 * DAY else 0
