"""A finished model's confidence: measured, mended by one number where that helps, and the same after a resume."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from torch import nn
from toy import Toy, ToyRecipe, case

from medstation.api import Checkpoint, Evaluation, Finished, Json, Metrics, MetricSpec, TrainRequest
from medstation.learning import Batch, fit
from medstation.learning.decisions import Decisions
from medstation.learning.network import ready
from medstation.learning.recipe import Settings
from medstation.learning.reliability import (
    calibration_error,
    curve,
    fitted_temperature,
    set_threshold,
    sets_measured,
    temperature_helps,
)
from medstation.learning.still import Still


class ClassRecipe(ToyRecipe):
    """Three classes that overlap, learnt long enough to be too sure."""

    decides = "classes"
    inputs = "features"
    metrics = (MetricSpec("accuracy", "Accuracy"),)

    def plan(self, surveys: Sequence[Json], settings: Settings, base: Json | None) -> Json:
        return {"width": 8, "outputs": 3, "classes": ["low", "middle", "high"], "calibration": {"temperature": 7}}

    def batch(self, samples: Sequence[object], config: Json, rng: np.random.Generator) -> Batch:
        made = super().batch(samples, config, rng)
        made["target"] = torch.tensor([target_of(sample) for sample in samples])
        return made

    def loss(self, model: nn.Module, batch: Batch) -> torch.Tensor:
        return nn.functional.cross_entropy(model(batch["features"]), batch["target"])

    def outputs(self, model: nn.Module, batch: Batch) -> torch.Tensor:
        return model(batch["features"])

    def truth(self, batch: Batch) -> torch.Tensor:
        return batch["target"]

    def score(self, model: nn.Module, sample: object, config: Json) -> Metrics:
        said = model(torch.from_numpy(sample.features)[None]).argmax()
        return {"accuracy": float(int(said) == target_of(sample))}


def target_of(sample: object) -> int:
    """Half of the truth is noise nobody can learn, the same each time."""
    noise = np.sin(1000 * float(sample.features.sum())) * 2
    return int(np.digitize(sample.features[0] + noise, [-0.7, 0.7]))


PARTS = ["train"] * 40 + ["validation"] * 60 + ["test"] * 60


def run(toy: Toy, parts: Sequence[str] = PARTS) -> list:
    settings = {"epochs": 40, "learning_rate": 0.05, "patience": 0}
    given = [case(number, part) for number, part in enumerate(parts)]
    return list(fit(ClassRecipe(), TrainRequest("run-1", "toy", settings, given, 3), toy.bench))


def of(kind: type, events: list) -> list:
    return [event for event in events if isinstance(event, kind)]


def test_a_model_that_is_too_sure_is_cooled_and_its_decisions_stay(toy):
    finished = of(Finished, run(toy))[-1]
    told = finished.facts["examined"]["calibration"]
    assert finished.config["calibration"]["temperature"] > 1.3
    assert told["after"]["error"] < told["before"]["error"]
    assert told["after"]["surprise"] < told["before"]["surprise"]
    assert told["sets"]["coverage"] >= 0.8 and 1 <= told["sets"]["size"] <= 3
    recipe = ClassRecipe()
    network = ready(recipe.build(finished.config), finished.config, finished.weights)
    (after,) = [one for one in of(Evaluation, run(toy)) if one.model == "after"]
    again = {
        f"r-{n}": recipe.score(network, recipe.prepare(case(n, "test"), finished.config, toy.bench), {})
        for n in range(100, 160)
    }
    assert again == after.cases


def test_a_resumed_run_is_calibrated_to_the_same_bit(toy):
    whole = run(toy)
    toy.bench.saved = of(Checkpoint, whole)[20].data
    resumed = run(toy)
    first, second = of(Finished, whole)[-1], of(Finished, resumed)[-1]
    assert first.weights == second.weights
    assert first.config == second.config and first.facts["examined"] == second.facts["examined"]


def test_with_few_validation_patients_nothing_is_changed_and_the_bases_word_is_forgotten(toy):
    finished = of(Finished, run(toy, ["train"] * 40 + ["validation"] * 6 + ["test"] * 10))[-1]
    assert finished.config["calibration"]["temperature"] == 1.0
    assert finished.config["calibration"]["threshold"] == 0.0, "six cases cannot promise nine in ten"
    nothing = of(Finished, run(toy, ["train"] * 40 + ["test"] * 10))[-1]
    assert "calibration" not in nothing.config


def test_a_recipe_that_decides_no_classes_is_left_alone(toy):
    finished = of(Finished, toy.run(epochs=1))[-1]
    assert "calibration" not in finished.config and "calibration" not in finished.facts["examined"]


def made(scores: np.ndarray, truth: np.ndarray) -> Decisions:
    names = tuple(f"r-{n}" for n in range(len(truth)))
    return Decisions(scores, truth, np.arange(len(truth)), names, names)


def believable(count: int = 4000, seed: int = 0) -> Decisions:
    """Decisions whose truth is drawn from the very probabilities that are said."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(0, 2, (count, 4))
    drawn = made(scores, np.zeros(count, np.int64)).chances()
    truth = np.array([rng.choice(4, p=chances) for chances in drawn])
    return made(scores, truth)


def test_believable_scores_have_no_error_and_sharpened_ones_are_found_out():
    true = believable()
    sharp = made(true.scores * 3, true.truth)
    assert calibration_error(curve(true.chances(), true.truth)) < 0.03
    assert calibration_error(curve(sharp.chances(), sharp.truth)) > 0.1
    assert fitted_temperature(true) == pytest.approx(1, abs=0.1)
    assert fitted_temperature(sharp) == pytest.approx(3, rel=0.1)
    assert temperature_helps(sharp)


def test_the_curve_counts_every_decision_once():
    true = believable(500)
    assert sum(one["count"] for one in curve(true.chances(), true.truth)) == 500


def test_sets_hold_the_truth_as_often_as_they_promise():
    known, fresh = believable(1000, 1), believable(4000, 2)
    threshold = set_threshold(known.chances(), known.truth)
    found = sets_measured(fresh.chances(), fresh.truth, threshold)
    assert 0.88 < found["coverage"] < 0.93 and sum(found["sizes"]) == 4000 and found["sizes"][0] == 0


def test_chance_that_varies_nothing():
    still = Still(1)
    assert (still.normal(2, 5, (3,)) == 2).all() and still.uniform(1, 3) == 2 and not still.random() < 0.999
    assert (still.standard_normal((2,), dtype=np.float32) == 0).all()
    assert sorted(still.permutation(5).tolist()) == [0, 1, 2, 3, 4]
