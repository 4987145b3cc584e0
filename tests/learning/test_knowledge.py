"""What the techniques for little data and for keeping knowledge promise, on a toy with three kinds of points."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
import torch
from torch import nn

from medstation.api import (
    BadInput,
    Case,
    Checkpoint,
    Evaluation,
    Event,
    Finished,
    Json,
    Metric,
    Metrics,
    MetricSpec,
    ModelInfo,
    Person,
    PredictionDraft,
    Record,
    Started,
    TrainRequest,
    Unavailable,
)
from medstation.learning import Batch, Recipe, fit
from medstation.learning.earlier import to_judge, to_learn
from medstation.learning.network import ready
from medstation.learning.recipe import Settings
from medstation.learning.settings import common_settings

CENTRES = {"a": (2.0, 0.0), "b": (-2.0, 0.0), "c": (0.0, 2.5)}


def point(number: int) -> tuple[np.ndarray, str]:
    """A point (8,) around the centre of its kind, with noise that makes some of them hard."""
    name = "abc"[number % 3]
    features = np.random.default_rng(number).normal(size=8).astype(np.float32)
    features[:2] += CENTRES[name]
    return features, name


class Kinds(Recipe[tuple[np.ndarray, int]]):
    settings = common_settings({"epochs": 4, "learning_rate": 0.02, "batch_size": 4, "patience": 0, "threads": 1})
    metrics = (MetricSpec("accuracy", "Accuracy"),)
    decides = "classes"
    inputs = "features"

    def survey(self, case: Case, bench: Bench) -> Json:
        return {"class": json.loads(bench.label(case.label))["class"]}

    def plan(self, surveys: Sequence[Json], settings: Settings, base: Json | None) -> Json:
        known = base["classes"] if base else []
        return {"classes": known + sorted({one["class"] for one in surveys} - set(known)), "width": 16}

    def build(self, config: Json) -> nn.Module:
        width = config["width"]
        return nn.Sequential(nn.Linear(8, width), nn.ReLU(), nn.Dropout(0.1), nn.Linear(width, len(config["classes"])))

    def prepare(self, case: Case, config: Json, bench: Bench) -> tuple[np.ndarray, int]:
        name = json.loads(bench.label(case.label))["class"]
        if name not in config["classes"]:
            raise BadInput(f"no training case is {name}")
        return point(int(case.record.id.split("-")[1]))[0], config["classes"].index(name)

    def size(self, sample: tuple[np.ndarray, int]) -> int:
        return sample[0].nbytes

    def batch(self, samples: Sequence[tuple[np.ndarray, int]], config: Json, rng: np.random.Generator) -> Batch:
        features = np.stack([one for one, _ in samples])
        features = features + rng.normal(scale=0.01, size=features.shape).astype(np.float32)
        return {"features": torch.from_numpy(features), "target": torch.tensor([one for _, one in samples])}

    def loss(self, model: nn.Module, batch: Batch) -> torch.Tensor:
        return nn.functional.cross_entropy(self.outputs(model, batch), batch["target"])

    def outputs(self, model: nn.Module, batch: Batch) -> torch.Tensor:
        return model(batch["features"])

    def truth(self, batch: Batch) -> torch.Tensor:
        return batch["target"]

    def score(self, model: nn.Module, sample: tuple[np.ndarray, int], config: Json) -> Metrics:
        said = int(model(torch.from_numpy(sample[0])[None])[0].argmax())
        return {"accuracy": float(said == sample[1])}


class KindPredictor:
    def __init__(self, model: ModelInfo, weights: bytes) -> None:
        self._classes = model.config["classes"]
        self._network = ready(Kinds().build(model.config), model.config, weights)

    def predict(self, record: Record, files: object, report: object) -> PredictionDraft:
        features = torch.from_numpy(point(int(record.id.split("-")[1]))[0])
        with torch.inference_mode():
            chances = self._network(features[None])[0].softmax(0)
        sure, best = chances.max(0)
        return PredictionDraft("class", json.dumps({"class": self._classes[best]}).encode(), (), float(sure), {})


@dataclass
class Bench:
    saved: bytes | None = None
    models: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def files(self, record: Record) -> None:
        return None

    def label(self, label_id: str) -> bytes:
        self.asked.append(label_id)
        return json.dumps({"class": point(int(label_id.split("-")[1]))[1]}).encode()

    def weights(self, model_id: str) -> bytes:
        return self.models[model_id]

    def checkpoint(self) -> bytes | None:
        return self.saved

    def stop_requested(self) -> bool:
        return False


def case(number: int, part: str) -> Case:
    record = Record(f"r-{number}", "toy", "point", Person(f"P{number}"), f"Point {number}", "", "", {})
    return Case(record, f"l-{number}", part)


def some(first: int, train: int, validation: int = 6, test: int = 30, kinds: str = "abc") -> list[Case]:
    parts = ["train"] * train + ["validation"] * validation + ["test"] * test
    numbers = [number for number in range(first, first + 3 * len(parts) + 3) if "abc"[number % 3] in kinds]
    return [case(number, part) for number, part in zip(numbers, parts, strict=False)]


@dataclass
class Kindly:
    recipe: Kinds = field(default_factory=Kinds)
    bench: Bench = field(default_factory=Bench)

    def run(self, cases: Sequence[Case], seed: int = 1, given: Json | None = None, **settings: object) -> list[Event]:
        request = TrainRequest("run-1", "kinds", settings, cases, seed, predictor=f"{__name__}:KindPredictor")
        return list(fit(self.recipe, replace(request, **(given or {})), self.bench))

    def kept(self, events: list[Event], name: str = "m-1") -> ModelInfo:
        self.bench.models[name] = finished(events).weights
        return ModelInfo(name, "kinds", 1, "candidate", "toy", "kinds", finished(events).config, {})


@pytest.fixture
def kindly() -> Kindly:
    return Kindly()


def finished(events: list[Event]) -> Finished:
    return next(event for event in events if isinstance(event, Finished))


def accuracy(events: list[Event], which: str = "after") -> float:
    (cases,) = (event.cases for event in events if isinstance(event, Evaluation) and event.model == which)
    return sum(one["accuracy"] for one in cases.values()) / len(cases)


def notes(events: list[Event]) -> str:
    return " ".join(finished(events).facts["notes"])


def resumed_equals_whole(kindly: Kindly, cases: Sequence[Case], given: Json, **settings: object) -> list[Event]:
    """Run as a whole, then again from its second checkpoint: both must end with the same bytes."""
    whole = kindly.run(cases, given=given, **settings)
    saved = [event.data for event in whole if isinstance(event, Checkpoint)]
    for place in (1, len(saved) - 2):
        kindly.bench.saved = saved[place]
        again = kindly.run(cases, given=given, **settings)
        assert finished(again).weights == finished(whole).weights
        assert notes(again) == notes(whole)
        later = [event.values for event in whole if isinstance(event, Metric) and event.epoch > place + 1]
        assert [event.values for event in again if isinstance(event, Metric)] == later
    kindly.bench.saved = None
    return whole


def test_prototypes_alone_make_a_working_head_from_a_handful_of_cases(kindly):
    few = some(0, 15)
    fresh = kindly.run(few, epochs=0)
    made = kindly.run(few, epochs=0, head_start="prototypes")
    assert finished(made).epochs == 0
    assert accuracy(made) >= 0.7 > accuracy(fresh)
    assert "the means of 3 classes over 15 decisions" in notes(made)


def test_prototypes_are_where_training_goes_on_from_also_after_an_interruption(kindly):
    events = resumed_equals_whole(kindly, some(0, 15), {}, head_start="prototypes", epochs=5)
    assert accuracy(events) > 0.7


def test_a_class_that_no_training_case_shows_is_not_said(kindly):
    base = kindly.kept(kindly.run(some(0, 15)))
    two = some(200, 20, 3, 6, kinds="ab")
    events = kindly.run(two, given={"base": base}, epochs=0, head_start="prototypes")
    assert finished(events).config["classes"] == ["a", "b", "c"]
    assert accuracy(events) > 0.7


def test_prototypes_are_refused_where_there_are_no_classes(toy):
    with pytest.raises(Unavailable, match="which this recipe has not"):
        toy.run(head_start="prototypes")


def unlabelled(first: int, count: int) -> list[Case]:
    return [replace(one, label="") for one in some(first, count, 0, 0)]


def test_what_the_base_says_surely_joins_the_training_and_is_told(kindly):
    few = some(0, 9)
    base = kindly.kept(kindly.run(few, epochs=30))
    kindly.bench.asked.clear()
    given = {"base": base, "unlabelled": unlabelled(300, 60)}
    events = resumed_equals_whole(kindly, few, given, pseudo_labels=0.8, epochs=5)
    joined = int(notes(events).split(" of 60 records")[0].split()[-1])
    assert 10 < joined < 60
    assert "what kinds 1 said" in notes(events)
    assert not [label for label in kindly.bench.asked if int(label.split("-")[1]) >= 300]
    curve = [event.values["pseudo-labels"] for event in events if isinstance(event, Metric) and event.epoch % 1 == 0]
    assert curve == [float(joined)] * 5


def test_without_a_base_the_model_itself_says_it_after_half_of_the_epochs(kindly):
    given = {"unlabelled": unlabelled(300, 60)}
    events = resumed_equals_whole(kindly, some(0, 15), given, pseudo_labels=0.6, epochs=8)
    assert "the model itself after 4 epochs said" in notes(events)
    curve = [event.values["pseudo-labels"] for event in events if isinstance(event, Metric) and event.epoch % 1 == 0]
    assert curve[:4] == [0.0] * 4 and min(curve[5:]) > 0


def test_without_records_to_label_the_run_says_so_and_is_the_plain_one(kindly):
    plain, none = kindly.run(some(0, 15)), kindly.run(some(0, 15), pseudo_labels=0.9)
    assert finished(plain).weights == finished(none).weights
    assert "No pseudo-labels" in notes(none)


@pytest.fixture
def two_steps(kindly) -> tuple[Kindly, list[Case], Json]:
    """A base that learnt all kinds, and a second data set that shows only one of them; its last epoch is kept."""
    first = some(0, 60)
    base = kindly.kept(kindly.run(first, epochs=30))
    return kindly, some(1000, 30, 0, 12, kinds="a"), {"base": base, "earlier": first}


def old_accuracy(events: list[Event]) -> tuple[float, float]:
    found = finished(events).facts["examined"]["forgetting"]
    return found["before"]["accuracy"]["value"], found["after"]["accuracy"]["value"]


def test_what_was_forgotten_is_measured_on_the_bases_own_old_test_cases(two_steps):
    kindly, second, given = two_steps
    events = kindly.run(second, given=given, epochs=20)
    report = finished(events).facts["examined"]["forgetting"]
    before, after = old_accuracy(events)
    assert (report["cases"], report["patients"], report["left_out"], report["base"]) == (30, 30, 0, "kinds 1")
    assert before > 0.8 > after
    assert report["difference"]["accuracy"]["high"] < 0


def test_rehearsal_keeps_what_was_known(two_steps):
    kindly, second, given = two_steps
    events = resumed_equals_whole(kindly, second, given, rehearsal=0.4, epochs=20)
    before, after = old_accuracy(events)
    assert after > before - 0.1
    assert "60 cases that the base learnt from are rehearsed" in notes(events)


def test_holding_on_to_weights_keeps_what_was_known(two_steps):
    kindly, second, given = two_steps
    events = resumed_equals_whole(kindly, second, given, ewc=100.0, epochs=20)
    before, after = old_accuracy(events)
    assert after > before - 0.2
    assert "as much as 60 earlier cases depend on them" in notes(events)


def test_without_earlier_cases_all_weights_are_held_alike(two_steps):
    kindly, second, given = two_steps
    events = kindly.run(second, given={"base": given["base"]}, ewc=1e4, learning_rate=1e-3)
    assert "all alike, without earlier cases" in notes(events)
    assert "forgetting" not in finished(events).facts["examined"]


def test_earlier_cases_of_patients_to_judge_by_are_neither_learnt_nor_asked_again():
    old = [case(1, "train"), case(2, "train"), case(3, "test"), case(4, "test")]
    new = [case(2, "test"), case(3, "train"), case(9, "train")]
    request = TrainRequest("run-1", "kinds", {}, new, 0, earlier=old)
    assert [one.record.id for one in to_learn(request)] == ["r-1"]
    assert [one.record.id for one in to_judge(request)] == ["r-4"]


def test_earlier_classes_stay_in_the_plan_when_their_cases_are_rehearsed(kindly):
    first = some(0, 30)
    base = kindly.kept(kindly.run(first, epochs=1))
    kindly.recipe.plan = lambda surveys, settings, base: {
        "classes": sorted({one["class"] for one in surveys}), "width": 16
    }  # fmt: skip
    events = kindly.run(some(1000, 10, kinds="a"), given={"base": base, "earlier": first}, rehearsal=0.5, epochs=1)
    assert finished(events).config["classes"] == ["a", "b", "c"]


def test_a_student_learns_from_its_teacher(kindly):
    cases = some(0, 60)
    teacher = kindly.kept(kindly.run(cases, epochs=40))
    kindly.recipe.plan = lambda surveys, settings, base: {"classes": ["a", "b", "c"], "width": 3}
    events = resumed_equals_whole(kindly, cases, {"teacher": teacher}, teacher="kinds", epochs=20, teacher_weight=0.9)
    assert accuracy(events) > 0.7
    assert "the student has 20 % of its size" in notes(events)


def test_a_teacher_of_other_classes_is_refused(kindly):
    teacher = kindly.kept(kindly.run(some(0, 30, kinds="ab"), epochs=1))
    with pytest.raises(BadInput, match="knows other classes"):
        kindly.run(some(0, 30), given={"teacher": teacher}, teacher="kinds")


def test_a_teacher_that_sees_cases_in_another_way_is_refused(kindly):
    teacher = kindly.kept(kindly.run(some(0, 30), epochs=1))
    other = replace(teacher, config={**teacher.config, "shift": 1})
    plain = kindly.recipe.batch

    def shifted(samples: Sequence[object], config: Json, rng: np.random.Generator) -> Batch:
        batch = plain(samples, config, rng)
        return {**batch, "features": batch["features"] + config.get("shift", 0)}

    kindly.recipe.batch = shifted
    with pytest.raises(BadInput, match=r"another way \(features differs\)"):
        kindly.run(some(0, 30), given={"teacher": other}, teacher="kinds")


def test_zero_epochs_test_the_starting_point_as_it_is(kindly):
    cases = some(0, 30)
    base = kindly.kept(kindly.run(cases, epochs=10))
    events = kindly.run(cases, given={"base": base}, epochs=0)
    assert finished(events).weights == kindly.bench.models["m-1"]
    assert accuracy(events, "before") == accuracy(events, "after")
    assert next(event for event in events if isinstance(event, Started)).epochs == 0
