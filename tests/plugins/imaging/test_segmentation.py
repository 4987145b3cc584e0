"""The segmentation recipe learns, judges fairly, and gives masks back in the record's own grid."""

from __future__ import annotations

import json

import numpy as np
import pytest
from shapes import ShapesBench

from medstation.api import BadInput, Checkpoint, Evaluation, Finished, Metric, ModelInfo, Started, TrainRequest
from medstation_imaging import cases, segmentation
from medstation_imaging.masks import decode, encode
from medstation_imaging.segmentation import SegmentationPredictor, SegmentationRecipe, score, train

SMALL = {
    "epochs": 6,
    "network": "unet",
    "width": 8,
    "levels": 2,
    "learning_rate": 0.01,
    "patches_per_case": 4,
    "threads": 1,
}


@pytest.fixture
def bench(monkeypatch):
    shapes = ShapesBench()
    monkeypatch.setattr(cases.volume, "load", shapes.read)
    return shapes


def ball_request(bench: ShapesBench, **settings) -> TrainRequest:
    parts = ["train"] * 6 + ["validation"] * 2 + ["test"] * 2
    cases = [bench.ball_case(number, part) for number, part in enumerate(parts)]
    return TrainRequest("run-1", "segmentation", SMALL | settings, cases, 1)


def model_of(finished: Finished) -> ModelInfo:
    config = json.loads(json.dumps(finished.config))
    return ModelInfo("m-1", "balls", 1, "candidate", "imaging.series", "segmentation", config, {})


def test_it_learns_a_ball_and_finds_it_in_a_new_volume(bench):
    events = list(train(ball_request(bench), bench))
    before, after = [event for event in events if isinstance(event, Evaluation)]
    finished = events[-1]
    assert np.mean([one["dice"] for one in after.cases.values()]) > 0.8
    assert np.mean([one["dice"] for one in before.cases.values()]) < 0.4
    new = bench.ball_case(77, "test", (26, 40, 30))
    draft = SegmentationPredictor(model_of(finished), finished.weights).predict(new.record, None, lambda *_: None)
    mask, names = decode(draft.payload)
    assert (mask.shape, names) == ((26, 40, 30), ["ball"])
    assert score(new.record, None, draft.payload, bench.labels[new.label])["dice"] > 0.7
    truth, _ = decode(bench.labels[new.label])
    z, y, x = draft.findings[0].place["voxel"]
    assert truth[z, y, x] == 1
    assert draft.summary["volumes_ml"]["ball"] == pytest.approx(mask.sum() / 1000)
    assert 0.5 < draft.confidence <= 1


def test_a_resumed_run_gives_the_same_curve_and_weights(bench):
    request = ball_request(bench, epochs=3)
    whole = list(train(request, bench))
    bench.saved = next(event.data for event in whole if isinstance(event, Checkpoint))
    resumed = list(train(request, bench))
    late = [(event.epoch, event.values) for event in whole if isinstance(event, Metric) and event.epoch > 1]
    assert [(event.epoch, event.values) for event in resumed if isinstance(event, Metric)] == late
    assert resumed[-1].weights == whole[-1].weights


def test_classes_are_the_union_over_the_training_cases_and_matched_by_name(bench):
    request = ball_request(bench, epochs=1)
    mask, _ = decode(bench.labels["l-1"])
    bench.labels["l-1"] = encode(mask * 2, ["cube", "ball"])
    bench.labels["l-8"] = encode(mask * 0, ["ball"])
    events = list(train(request, bench))
    assert events[-1].config["classes"] == ["ball", "cube"]
    evaluation = next(event for event in events if isinstance(event, Evaluation))
    assert set(evaluation.cases["r-8"]) == {"dice", "dice ball", "dice cube"}


def test_a_base_model_keeps_its_plan_and_a_new_class_makes_a_new_head(bench):
    finished = list(train(ball_request(bench, epochs=1), bench))[-1]
    bench.stored = {"m-1": finished.weights}
    request = ball_request(bench, epochs=1, width=16)
    same = TrainRequest("run-2", "segmentation", request.settings, request.cases, 1, model_of(finished))
    started = next(event for event in train(same, bench) if isinstance(event, Started))
    assert started.facts["notes"] == []
    mask, _ = decode(bench.labels["l-1"])
    bench.labels["l-1"] = encode(mask, ["cube"])
    events = list(train(same, bench))
    assert events[-1].config["classes"] == ["ball", "cube"]
    started = next(event for event in events if isinstance(event, Started))
    assert "made anew" in started.facts["notes"][0]


def test_a_mask_of_another_geometry_names_the_record(bench):
    request = ball_request(bench)
    bench.labels["l-3"] = encode(np.zeros((5, 5, 5), np.uint8), ["ball"])
    with pytest.raises(BadInput, match=r"Series 3.*r-3.*\(5, 5, 5\)"):
        list(train(request, bench))


def test_volumes_of_other_orientation_and_spacing_come_back_in_their_own_grid(bench):
    request = ball_request(bench)
    recipe = SegmentationRecipe()
    surveys = [recipe.survey(case, bench) for case in request.cases]
    config = recipe.plan(surveys, {**{s.name: s.default for s in recipe.settings}, **request.settings}, None)
    mask = np.zeros((12, 30, 40), np.uint8)
    mask[3:6, 5:15, 20:35] = 1
    sagittal = np.array([[0, 0, 2.0, 5], [1.5, 0, 0, -3], [0, -0.5, 0, 9], [0, 0, 0, 1]])
    case = bench.case(50, "test", mask.astype(np.int16), sagittal, encode(mask, ["ball"]))
    sample = recipe.prepare(case, config, bench)
    assert sample.image.shape == sample.target.shape == (15, 60, 24)
    chances = np.stack([1 - sample.target.numpy(), sample.target.numpy()])
    back, confidence = segmentation.decided(chances, sample.turn, mask.shape)
    agreement = segmentation.dice_scores(back, mask, ["ball"])["dice"]
    assert agreement > 0.85
    assert confidence.shape == mask.shape


def test_two_empty_masks_agree_fully_and_one_empty_mask_not_at_all(bench):
    case = bench.ball_case(1, "test")
    empty = encode(np.zeros((20, 24, 24), np.uint8), ["ball"])
    assert score(case.record, None, empty, empty)["dice"] == 1.0
    assert score(case.record, None, empty, bench.labels["l-1"])["dice"] == 0.0


def test_segments_are_compared_by_name_not_by_number(bench):
    case = bench.ball_case(1, "test")
    mask, _ = decode(bench.labels["l-1"])
    assert score(case.record, None, encode(mask * 2, ["other", "ball"]), bench.labels["l-1"])["dice"] == 1.0
