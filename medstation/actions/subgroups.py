"""Groups of records that a model may serve unequally: by sex, age, device and site; and how far apart they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date

from medstation.api import Json, Metrics, MetricSpec, Record
from medstation.learning.combining import apart, combined, rows_of

AGES = (("under 18", 18), ("18 to 39", 40), ("40 to 59", 60), ("60 to 79", 80), ("80 and over", 200))
"""Name and upper end (not included) in years."""
LEAST_PATIENTS = 2
"""Of a group: one patient is no group, and would be recognisable."""


@dataclass(frozen=True)
class Group:
    """Records that have something in common. `axis` is "sex", "age", "device" or "site"; `name` is said in full."""

    axis: str
    name: str
    records: tuple[str, ...]
    patients: int


@dataclass(frozen=True)
class Gap:
    """The two groups of an axis that are furthest apart in a metric: `high` above `low` by `difference`."""

    axis: str
    high: str
    low: str
    difference: Json
    shown: bool


def groups_of(records: Iterable[Record], least: int = LEAST_PATIENTS) -> list[Group]:
    """Groups of at least `least` patients, where the records tell enough of them, in a fixed order."""
    found: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        for axis, value in _traits(record).items():
            if value:
                found.setdefault((axis, value), []).append(record)
    groups = [
        Group(axis, f"{axis} {value}", tuple(one.id for one in some), len({one.person.key for one in some}))
        for (axis, value), some in sorted(found.items())
    ]
    return [group for group in groups if group.patients >= least]


def _traits(record: Record) -> dict[str, str]:
    """A record's value on each axis, "" where it is not known. Importers name device and site in `meta`."""
    device = " ".join(str(record.meta.get(name, "")).strip() for name in ("manufacturer", "model")).strip()
    site = str(record.meta.get("institution", "")).strip()
    return {"sex": record.person.sex, "age": age_band(record), "device": device, "site": site}


def age_band(record: Record) -> str:
    """The patient's age when the record was taken, as one of `AGES`; "" where a date is missing."""
    years = age(record)
    return next((name for name, end in AGES if years < end), "") if years is not None else ""


def age(record: Record) -> float | None:
    """Years from birth to the record."""
    try:
        born, taken = date.fromisoformat(record.person.birth_date), date.fromisoformat(record.when[:10])
    except ValueError:
        return None
    years = (taken - born).days / 365.25
    return years if years >= 0 else None


def within(group: Group, cases: Mapping[str, Metrics]) -> dict[str, Metrics]:
    """The cases of a group."""
    return {record: cases[record] for record in group.records if record in cases}


def gaps(
    metric: MetricSpec, cases: Mapping[str, Metrics], groups: Sequence[Group], patients: Mapping[str, str]
) -> list[Gap]:
    """For each axis with two groups or more, those furthest apart, with a 95 % interval by patient.

    The pair is chosen by looking at the values, so with many groups an interval just above zero says little.
    """
    found = []
    for axis in dict.fromkeys(group.axis for group in groups):
        mine = {group.name: within(group, cases) for group in groups if group.axis == axis}
        values = {name: combined(metric, some) for name, some in mine.items() if rows_of(metric, some)}
        known = {name: value for name, value in values.items() if value is not None}
        if len(known) < 2:
            continue
        high, low = max(known, key=lambda name: known[name]), min(known, key=lambda name: known[name])
        interval = apart(metric, mine[high], mine[low], patients)
        found.append(Gap(axis, high, low, asdict(interval), interval.low > 0))
    return found
