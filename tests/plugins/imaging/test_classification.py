"""The classification recipe tells classes apart, in images and in volumes."""

from __future__ import annotations

import json

import numpy as np
import pytest
from shapes import AXIAL, ShapesBench

from medstation.api import BadInput, Evaluation, ModelInfo, TrainRequest
from medstation_imaging import cases
from medstation_imaging.classes import decode_class, encode_class
from medstation_imaging.classification import ClassificationPredictor, score, train

SMALL = {"epochs": 12, "size": 16, "batch_size": 4, "learning_rate": 0.003, "threads": 1}


@pytest.fixture
def bench(monkeypatch):
    shapes = ShapesBench()
    monkeypatch.setattr(cases.volume, "load", shapes.read)
    return shapes


def stripes(bench: ShapesBench, number: int, part: str, depth: int, classes=("across", "along")):
    """Stripes along x or along y, in noise."""
    rng = np.random.default_rng(number)
    kind = number % 2
    pattern = 100 * np.sin(np.indices((depth, 24, 24))[1 + kind] * 0.8 + rng.uniform(0, 6))
    array = (pattern + rng.normal(0, 30, pattern.shape)).astype(np.int16)
    return bench.case(number, part, array, AXIAL, encode_class(classes[kind]))


def request(bench, depth: int, **settings) -> TrainRequest:
    parts = ["train"] * 16 + ["validation"] * 4 + ["test"] * 6
    cases = [stripes(bench, number, part, depth) for number, part in enumerate(parts)]
    return TrainRequest("run-1", "classification", SMALL | settings, cases, 1)


@pytest.mark.parametrize(("depth", "view"), [(1, "slice"), (6, "auto")])
def test_it_learns_to_tell_stripes_apart(bench, depth, view):
    events = list(train(request(bench, depth, view=view), bench))
    after = [event for event in events if isinstance(event, Evaluation)][1]
    assert np.mean([one["accuracy"] for one in after.cases.values()]) >= 0.8
    finished = events[-1]
    assert len(finished.config["shape"]) == (2 if view == "slice" else 3)
    config = json.loads(json.dumps(finished.config))
    model = ModelInfo("m-1", "stripes", 1, "candidate", "imaging.series", "classification", config, {})
    new = stripes(bench, 91, "test", depth)
    draft = ClassificationPredictor(model, finished.weights).predict(new.record, None, lambda *_: None)
    name, chances = decode_class(draft.payload)
    assert name == draft.findings[0].title == draft.summary["class"]
    assert sum(chances.values()) == pytest.approx(1, abs=1e-5)
    assert score(new.record, None, draft.payload, bench.labels[new.label])["log_loss"] == pytest.approx(
        -np.log(chances["along"]), rel=1e-4
    )


def test_one_class_only_is_refused(bench):
    only = request(bench, 1)
    for label in bench.labels:
        bench.labels[label] = encode_class("across")
    with pytest.raises(BadInput, match="nothing to tell apart"):
        list(train(only, bench))


def test_a_class_never_seen_in_training_is_named(bench):
    strange = request(bench, 1)
    bench.labels["l-25"] = encode_class("spiral")
    with pytest.raises(BadInput, match=r"Series 25.*spiral"):
        list(train(strange, bench))


def test_a_damaged_class_is_refused_kindly():
    with pytest.raises(BadInput):
        decode_class(b"\xff\xfe")
