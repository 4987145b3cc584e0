"""The same few cases learnt from one base in several ways, each judged beside the first."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ground import Ground, of, outcome

from medstation.api import Evaluation, Json, Metrics, ModelInfo, Started
from medstation.learning.combining import combined, difference, estimate


@dataclass(frozen=True)
class Way:
    """The test cases' metrics before and after a run, and what it cost."""

    name: str
    before: Mapping[str, Metrics]
    cases: Mapping[str, Metrics]
    facts: Json
    seconds: float


def compared(ground: Ground, base: ModelInfo, ways: Sequence[str], **settings: Any) -> None:
    """Print a line of JSON for each of `ways`, written as `what,name=value,...`; intervals are by patient."""
    first: Way | None = None
    for name in ways:
        way = tuned(ground, base, name, settings)
        first = first or way
        print(json.dumps(told(ground, first, way)), flush=True)


def tuned(ground: Ground, base: ModelInfo, name: str, settings: Json) -> Way:
    trained, *others = name.split(",")
    given = {**settings, "trained": trained, **dict(other.split("=") for other in others)}
    begun = time.process_time()
    events = list(ground.fit(base=base, **given))
    before = of(Evaluation, events)[0].cases
    return Way(name, before, outcome(events)[1], of(Started, events)[0].facts, time.process_time() - begun)


def told(ground: Ground, first: Way, way: Way) -> Json:
    metric = ground.recipe.metrics[0]
    patients = {case.record.id: case.patient for case in ground.cases}
    share = way.facts["trained_parameters"] / way.facts["parameters"]
    value, gap = estimate(metric, way.cases, patients), difference(metric, first.cases, way.cases, patients)
    return {
        "way": way.name,
        "before": round(combined(metric, way.before) or 0.0, 4),
        metric.name: _rounded(value),
        f"to {first.name}": _rounded(gap),
        "trained %": round(100 * share, 2),
        "cpu seconds": round(way.seconds),
        "note": way.facts["notes"][-1:],
    }


def _rounded(interval: Any) -> list[float]:
    return [round(one, 4) for one in (interval.value, interval.low, interval.high)]
