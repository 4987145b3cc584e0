"""What the card says of who a model learnt from: attacks by the loss, by patient."""

from __future__ import annotations

import numpy as np
import pytest
from torch import nn
from toy import Point, Toy, ToyRecipe, case

from medstation.api import Case, Finished, Json, ModelInfo, TrainRequest
from medstation.learning import fit
from medstation.learning.examinations import membership
from medstation.learning.weights import pack


class ByHeart(ToyRecipe):
    """Targets without any reason: whoever is right about them has learnt them by heart."""

    def build(self, config: Json) -> nn.Module:
        return nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, config["outputs"]))

    def prepare(self, case: Case, config: Json, bench: object) -> Point:
        rng = np.random.default_rng(int(case.record.id.split("-")[1]) % 1000)
        return Point(rng.normal(size=8).astype(np.float32), float(rng.normal()))


def found(toy: Toy, cases: list[Case], base: ModelInfo | None = None, **settings: object) -> Json:
    request = TrainRequest("run-1", "toy", settings, cases, 3, base)
    finished = next(event for event in fit(toy.recipe, request, toy.bench) if isinstance(event, Finished))
    return finished.facts["examined"].get("privacy", {})


def people(train: int, test: int) -> list[Case]:
    return [case(number, "train" if number < train else "test") for number in range(train + test)]


@pytest.fixture
def toy() -> Toy:
    return Toy(ByHeart())


def test_a_model_that_learnt_its_patients_by_heart_tells_who_they_were(toy):
    result = found(toy, people(20, 40), epochs=40, learning_rate=0.02)
    assert result["membership_auc"] > 0.8
    assert result["low"] > 0.65
    assert result["advantage"] > 0.4
    assert (result["members"], result["others"]) == (20, 40)


def test_a_model_that_learnt_nothing_tells_nothing(toy):
    result = found(toy, people(60, 60), epochs=1, learning_rate=1e-6)
    assert abs(result["membership_auc"] - 0.5) < 0.12
    assert result["low"] < 0.5 < result["high"]


def test_patients_are_told_apart_not_records(toy):
    several = [case(number, "train" if number < 20 else "test", patient=f"P{number // 4}") for number in range(40)]
    result = found(toy, several, epochs=1)
    assert (result["members"], result["others"]) == (5, 5)


def test_the_number_of_cases_looked_at_is_bounded(toy, monkeypatch):
    monkeypatch.setattr(membership, "MOST_CASES", 7)
    result = found(toy, people(20, 40), epochs=1)
    assert (result["members"], result["others"]) == (7, 7)


def test_without_patients_that_were_not_learnt_from_nothing_is_said(toy):
    assert found(toy, people(10, 0), epochs=1) == {}


def test_a_base_takes_away_how_easy_a_patient_is(toy):
    others = [case(number, "train") for number in range(1100, 1120)]
    request = TrainRequest("run-0", "toy", {"epochs": 3}, others, 3, None)
    before = next(event for event in fit(toy.recipe, request, toy.bench) if isinstance(event, Finished))
    toy.bench.stored_weights["m-1"] = before.weights
    base = ModelInfo("m-1", "toy", 1, "approved", "toy", "toy", before.config, {})
    result = found(toy, people(20, 40), base, epochs=40, learning_rate=0.02)
    assert result["base_auc"]["value"] > 0.7
    assert result["base_auc"]["low"] <= result["base_auc"]["value"] <= result["base_auc"]["high"]


def test_a_base_with_another_head_cannot_be_compared_with(toy):
    toy.bench.stored_weights["m-1"] = found_weights(toy, outputs=2)
    base = ModelInfo("m-1", "toy", 1, "approved", "toy", "toy", {"width": 8, "outputs": 2}, {})
    assert "base_auc" not in found(toy, people(10, 10), base, epochs=1)


def found_weights(toy: Toy, outputs: int) -> bytes:
    return pack(toy.recipe.build({"width": 8, "outputs": outputs}).state_dict())


def test_other_shares_of_the_classes_are_not_taken_for_membership():
    """A model that always says the frequent class, judged on parts where that class is not equally frequent."""
    loss_of, kinds = (0.1, 2.0), {}
    sides = []
    for side, counts in (("in", (90, 10)), ("out", (50, 50))):
        people = {f"{side}{kind}{number}": kind for kind in (0, 1) for number in range(counts[kind])}
        kinds.update(people)
        sides.append({patient: loss_of[kind] for patient, kind in people.items()})
    assert membership._told_apart(*sides, kinds, 0) == {"value": 0.5, "low": 0.5, "high": 0.5}
    assert membership._told_apart(*sides, {}, 0)["value"] > 0.65
    assert membership._advantage(*sides, kinds) == 0.0
