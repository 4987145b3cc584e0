"""A model in use is watched: what changes is told, what stays is not."""

from __future__ import annotations

import numpy as np

from medstation.actions import drift
from medstation.api import ModelInfo, Person, Record
from medstation.library import Prediction


def record(number: int, **meta: object) -> Record:
    return Record(f"r-{number}", "toy", "point", Person(f"P{number}", sex="FM"[number % 2]), "", "", "", meta)


def records(count: int, spacing: float, device: str, seed: int) -> list[Record]:
    rng = np.random.default_rng(seed)
    volume = [[float(rng.normal(spacing, 0.1)), 1.0, 1.0] for _ in range(count)]
    return [record(n, volume={"spacing": one}, manufacturer=device, series=f"1.2.{n}") for n, one in enumerate(volume)]


def drifted(then: list[Record], now: list[Record]) -> list[str]:
    return [one.name for one in drift._records(then, now) if one.drifted]


def test_the_same_kind_of_records_is_no_drift() -> None:
    assert drifted(records(60, 2.0, "ACME", 1), records(40, 2.0, "ACME", 2)) == []


def test_thicker_slices_and_a_new_device_are_told() -> None:
    changes = list(drift._records(records(60, 2.0, "ACME", 1), records(40, 3.0, "OTHER", 2)))
    told = {one.name: (one.then, one.now) for one in changes if one.drifted}
    assert set(told) == {"volume spacing 1", "manufacturer"}
    assert told["manufacturer"] == ("ACME", "OTHER in 40 of 40 records")
    assert told["volume spacing 1"][0].startswith("2")


def test_few_records_say_nothing() -> None:
    assert drifted(records(60, 2.0, "ACME", 1), records(6, 9.0, "OTHER", 2)) == []


def predictions(verdicts: list[str], sure: list[float]) -> list[Prediction]:
    return [
        Prediction(f"p-{n}", f"r-{n}", "m-1", "class", f"2026-{1 + n // 30:02}-01T10:00", (), one, {}, verdict)
        for n, (verdict, one) in enumerate(zip(verdicts, sure, strict=True))
    ]


def test_falling_acceptance_is_told_and_steady_acceptance_is_not() -> None:
    sure = [0.9] * 90
    steady = predictions((["accepted"] * 9 + ["rejected"]) * 9, sure)
    falling = predictions(["accepted"] * 60 + ["accepted", "rejected"] * 15, sure)
    assert [one.drifted for one in drift._verdicts(steady)] == [False]
    (change,) = drift._verdicts(falling)
    assert change.drifted and (change.then, change.now) == ("100 % of 60", "50 % of 30")
    assert drift._verdicts(predictions([""] * 90, sure)) is not None and not list(
        drift._verdicts(predictions([""] * 90, sure))
    )


def test_a_model_that_becomes_unsure_is_told() -> None:
    quantiles = np.linspace(0.8, 1.0, 101).round(4).tolist()
    card = {"examined": {"confidences": {"cases": 80, "quantiles": quantiles}}}
    model = ModelInfo("m-1", "net", 1, "approved", "toy", "toy", {}, card)
    rng = np.random.default_rng(0)
    same = predictions([""] * 50, rng.uniform(0.8, 1.0, 50).tolist())
    unsure = predictions([""] * 50, rng.uniform(0.5, 0.9, 50).tolist())
    assert [one.drifted for one in drift._confidence(model, same, set())] == [False]
    assert [one.drifted for one in drift._confidence(model, unsure, set())] == [True]


def test_months_count_predictions_and_verdicts() -> None:
    (january, february) = drift._months(predictions(["accepted"] * 30 + ["corrected"] * 10, [0.5] * 40))
    assert january == {"month": "2026-01", "predictions": 30, "accepted": 30, "corrected": 0, "rejected": 0}
    assert february["corrected"] == 10
