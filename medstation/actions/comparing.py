"""Before and after on the same frozen cases, with intervals by patient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from medstation.api import Json, MetricSpec
from medstation.learning.combining import Cases, difference, estimate
from medstation.learning.intervals import Interval

NO_DIFFERENCE = "no difference shown"


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
    """What a `Comparison` as JSON says in words, see `word_of`."""
    measured = comparison["difference"]
    return word_of(measured["low"], measured["high"], comparison["higher_is_better"])


def word_of(low: float, high: float, higher_is_better: bool) -> str:
    """ "better", "worse" or "no difference shown": only an interval that leaves out zero says anything."""
    if low <= 0 <= high:
        return NO_DIFFERENCE
    return "better" if (low > 0) == higher_is_better else "worse"


def with_verdicts(found: Json, metrics: Sequence[MetricSpec]) -> Json:
    """{"before", "after", "difference"} by metric, each difference with what it says; {} stays {}."""
    higher = {metric.name: metric.higher_is_better for metric in metrics}
    told = {
        name: {**one, "says": word_of(one["low"], one["high"], higher[name])}
        for name, one in found.get("difference", {}).items()
    }
    return {**found, "difference": told} if found else {}
