"""Before and after on the same frozen cases, with intervals by patient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from medstation.api import Json, MetricSpec
from medstation.learning.combining import Cases, difference, estimate
from medstation.learning.intervals import Interval


@dataclass(frozen=True)
class Comparison:
    """One metric, 95 % intervals by bootstrap over patients; values as {"value", "low", "high"}."""

    name: str
    title: str
    unit: str
    higher_is_better: bool
    before: Json
    after: Json
    difference: Json


def as_json(interval: Interval) -> Json:
    return {"value": interval.value, "low": interval.low, "high": interval.high}


def compare_cases(
    metric: MetricSpec, before: Cases, after: Cases, patients: Mapping[str, str], seed: int
) -> Comparison:
    """`patients` maps record ids to patients: cases of one patient are drawn together."""
    return Comparison(
        metric.name,
        metric.title,
        metric.unit,
        metric.higher_is_better,
        as_json(estimate(metric, before, patients, seed)),
        as_json(estimate(metric, after, patients, seed)),
        as_json(difference(metric, before, after, patients, seed)),
    )


def verdict_text(comparison: Json) -> str:
    """ "better", "worse" or "no difference shown": only an interval that leaves out zero says anything."""
    low, high = comparison["difference"]["low"], comparison["difference"]["high"]
    if low <= 0 <= high:
        return "no difference shown"
    return "better" if (low > 0) == comparison["higher_is_better"] else "worse"
