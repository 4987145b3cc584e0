"""What the examinations say of a finished model, class by class and beside its training cases."""

from __future__ import annotations

import json

import pytest
from test_calibration import of, run
from toy import Toy

from medstation.api import Finished


@pytest.fixture(scope="module")
def examined() -> dict:
    return of(Finished, run(Toy()))[-1].facts["examined"]


def test_each_class_has_its_line_and_the_table_counts_every_case(examined):
    told = examined["per_class"]
    assert [one["name"] for one in told["classes"]] == ["low", "middle", "high"]
    assert sum(one["cases"] for one in told["classes"]) == told["cases"] == told["patients"] == 60
    assert [sum(row) for row in told["confusion"]] == [one["cases"] for one in told["classes"]]
    right = told["confusion"][0][0]
    assert told["classes"][0]["recall"] == pytest.approx(right / told["classes"][0]["cases"], abs=1e-4)


def test_curves_end_where_they_must_and_areas_have_intervals(examined):
    for one in examined["per_class"]["curves"]:
        assert one["roc"][0] == [0, 0] and one["roc"][-1] == [1, 1] and len(one["roc"]) <= 200
        assert one["pr"][0][0] == 1 and one["pr"][-1] == [0, 1]
        assert one["area"]["low"] <= one["area"]["value"] <= one["area"]["high"]


def test_what_was_learnt_by_heart_shows(examined):
    told = examined["training_cases"]
    assert told["metric"] == "accuracy" and told["training"] > told["tested"] + 0.1


def test_the_card_stays_small(examined):
    assert len(json.dumps(examined)) < 60_000
    assert len(examined["confidences"]["quantiles"]) == 101
