"""What a search for settings promises: what is varied, what is tried next, and that going on equals never stopping."""

from __future__ import annotations

import pytest

from medstation.api import Json, WrongUsage
from medstation.learning import space as spaces
from medstation.learning.settings import common_settings
from medstation.learning.space import Choice, Span
from medstation.learning.study import Study, best_of

SETTINGS = common_settings()
SPACE = (Span("learning_rate", 1e-4, 1e-1, by_factors=True), Choice("schedule", ("cosine", "linear")))


def test_a_space_is_told_as_ranges_and_names():
    found = spaces.told(SETTINGS, ["learning_rate=1e-4..1e-2", "batch_size=1..8", "schedule=cosine|constant"])
    assert found == (
        Span("learning_rate", 1e-4, 1e-2, by_factors=True),
        Span("batch_size", 1, 8, whole=True),
        Choice("schedule", ("cosine", "constant")),
    )
    assert spaces.from_json(spaces.to_json(found)) == found


@pytest.mark.parametrize(
    "text", ["speed=1..2", "learning_rate", "learning_rate=2..1", "schedule=cosine|sideways", "schedule=a..b"]
)
def test_what_does_not_fit_a_setting_is_said(text):
    with pytest.raises(WrongUsage):
        spaces.told(SETTINGS, [text])


def test_what_is_fixed_is_not_varied():
    names = {one.setting for one in spaces.usual(SETTINGS, {"schedule": "linear"})}
    assert "learning_rate" in names and "schedule" not in names


def goodness(settings: Json) -> float:
    """Best at a rate of 0.01 with the linear schedule."""
    from math import log10

    return -abs(log10(settings["learning_rate"]) + 2) - (settings["schedule"] != "linear")


def searched(count: int, before: list[Json] | None = None) -> list[Json]:
    trials = list(before or [])
    while len(trials) < count:
        attempt = Study(SPACE, True, 3, trials).next()
        attempt.told(1, goodness(attempt.settings))
        trials.append(attempt.done())
    return trials


def test_a_search_finds_what_is_better_than_chance():
    trials = searched(25)
    best = best_of(trials, True)
    assert best is not None and best["value"] > -0.35
    early, late = (sum(one["value"] for one in some) / len(some) for some in (trials[:5], trials[-10:]))
    assert late > early


def test_a_search_that_goes_on_tries_what_it_would_have_tried():
    whole = searched(12)
    assert searched(12, whole[:7]) == whole


def test_a_trial_that_falls_behind_is_ended_early():
    trials = searched(8)
    middling = [{**one, "curve": [[1, 0.0], [2, 0.0], [3, 0.0]]} for one in trials]
    attempt = Study(SPACE, True, 0, middling).next()
    assert [attempt.told(epoch, -50.0) for epoch in (1, 2)] == [False, True]
    assert attempt.pruned()["state"] == "pruned"


def test_a_trial_without_a_value_failed_and_is_never_the_best():
    attempt = Study(SPACE, False, 0).next()
    trial = attempt.done()
    assert trial["state"] == "failed" and best_of([trial], False) is None
