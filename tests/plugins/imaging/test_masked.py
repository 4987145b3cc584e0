"""Bases from images alone: hidden places are filled in, and the recipes with labels start from the result."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch
from shapes import AXIAL, ShapesBench

from medstation.api import Case, Finished, ModelInfo, Started, TrainRequest, Unavailable
from medstation.learning.combining import combined
from medstation.learning.onlooker import Onlooker
from medstation.learning.suggestions import chosen
from medstation_imaging import cases, classification, masked_image, masked_volume, segmentation
from medstation_imaging.classes import encode_class
from medstation_imaging.masked import blocks, covered, score
from medstation_imaging.masked_settings import MASKED_METRICS

PARTS = ["train"] * 6 + ["validation"] + ["test"]
NET = {"network": "unet", "width": 8, "levels": 2, "threads": 1}


@pytest.fixture
def bench(monkeypatch) -> ShapesBench:
    shapes = ShapesBench()
    monkeypatch.setattr(cases.volume, "load", shapes.read)
    return shapes


def balls(bench: ShapesBench, labelled: bool = True) -> list[Case]:
    made = [bench.ball_case(number, part) for number, part in enumerate(PARTS)]
    return made if labelled else [Case(one.record, "", one.part) for one in made]


def waves(bench: ShapesBench, labelled: bool = True) -> list[Case]:
    """Smooth stripes along x or y: easy to fill in."""
    made = []
    for number, part in enumerate(PARTS * 2):
        angle = np.indices((1, 24, 24))[1 + number % 2] * 0.5 + np.random.default_rng(number).uniform(0, 6)
        array = (100 * np.sin(angle)).astype(np.int16)
        made.append(bench.case(number, part, array, AXIAL, encode_class(("across", "along")[number % 2])))
    return made if labelled else [Case(one.record, "", one.part) for one in made]


def run(module: Any, bench: ShapesBench, some: list[Case], base: ModelInfo | None = None, **settings: Any) -> list[Any]:
    recipe = module.__name__.rpartition(".")[2].replace("_", "-")
    return list(module.train(TrainRequest("run-1", recipe, settings, some, 1, base), bench))


def kept(bench: ShapesBench, events: list[Any], recipe: str) -> ModelInfo:
    finished = next(event for event in events if isinstance(event, Finished))
    bench.stored = {"m-1": finished.weights}
    return ModelInfo(
        "m-1", "base", 1, "candidate", "imaging.series", recipe, json.loads(json.dumps(finished.config)), {}
    )


def test_whole_blocks_are_hidden_and_filled_with_the_mean_of_the_rest():
    hidden = blocks((16, 24, 8), 0.4, np.random.default_rng(0))
    assert hidden.shape == (16, 24, 8)
    assert 0.3 < hidden.float().mean() < 0.5
    assert bool((hidden[:2, :3, :2] == hidden[0, 0, 0]).all())
    image = torch.arange(hidden.numel(), dtype=torch.float32).view(hidden.shape)
    shown = covered(image, hidden)
    assert torch.equal(shown[~hidden], image[~hidden])
    assert shown[hidden].unique().tolist() == pytest.approx([float(image[~hidden].mean())])


def test_a_base_for_segmentation_needs_no_labels_and_gives_all_but_the_last_layers(bench):
    events = run(masked_volume, bench, balls(bench, labelled=False), epochs=2, patches_per_case=2, **NET)
    base = kept(bench, events, "masked-volume")
    assert base.config["classes"] == []
    learnt = run(segmentation, bench, balls(bench), base, epochs=1, patches_per_case=1, threads=1)
    notes = " ".join(next(event for event in learnt if isinstance(event, Started)).facts["notes"])
    assert "of its tensors were made anew (model.2.0.conv.weight" in notes
    config = next(event for event in learnt if isinstance(event, Finished)).config
    assert (config["classes"], config["patch"], "hidden" in config) == (["ball"], base.config["patch"], False)
    record = balls(bench)[0].record
    draft = masked_volume.MaskedVolumePredictor(base, bench.stored["m-1"]).predict(record, None, lambda *_: None)
    assert set(score(record, None, draft.payload, b"")) == {"error", "spread"}


def test_a_base_for_classification_learns_to_fill_in_and_gives_all_but_the_head(bench):
    settings = {"size": 16, "batch_size": 4, "threads": 1, "learning_rate": 0.003}
    events = run(masked_image, bench, waves(bench, labelled=False), epochs=12, augmentation=False, **settings)
    before, after = (combined(MASKED_METRICS[0], event.cases) for event in events if hasattr(event, "cases"))
    assert after < 0.8 * before
    base = kept(bench, events, "masked-image")
    learnt = run(classification, bench, waves(bench), base, epochs=1, **settings)
    notes = " ".join(next(event for event in learnt if isinstance(event, Started)).facts["notes"])
    assert "2 of its tensors were made anew (fc.weight, fc.bias)" in notes
    assert "coarse" not in next(event for event in learnt if isinstance(event, Finished)).config


def test_prototypes_set_the_heads_of_images_and_of_masks_that_have_a_linear_one(bench):
    quick = {"epochs": 0, "threads": 1, "head_start": "prototypes"}
    told = run(classification, bench, waves(bench), size=16, **quick)[-1].facts["notes"]
    assert any("means of 2 classes over 12 decisions" in note for note in told)
    told = run(segmentation, bench, balls(bench), **{**NET, **quick, "network": "dynunet"}, patches_per_case=1)
    assert any("means of 2 classes" in note for note in told[-1].facts["notes"])
    with pytest.raises(Unavailable, match="weighs more than one place"):
        run(segmentation, bench, balls(bench), **{**NET, **quick}, patches_per_case=1)


@pytest.mark.parametrize("which", ["images", "masks"])
def test_a_model_says_of_records_without_a_label_how_sure_it_is(bench, which):
    module, some = (classification, waves(bench)) if which == "images" else (segmentation, balls(bench))
    settings = {"size": 16, "threads": 1} if which == "images" else {**NET, "patches_per_case": 1}
    finished = run(module, bench, some, epochs=0, **settings)[-1]
    recipe = classification.ClassificationRecipe() if which == "images" else segmentation.SegmentationRecipe()
    onlooker = Onlooker(recipe, recipe.build(finished.config).eval(), finished.config)
    looks = [onlooker.look(one.record, None) for one in some]
    assert all(0 <= one.unsure <= 1 for one in looks)
    assert len({one.vector.shape for one in looks}) == 1 and looks[0].vector.size >= 16
    assert len(set(chosen(looks, 3))) == 3


def test_a_recipe_without_classes_has_nothing_to_be_unsure_of(bench):
    with pytest.raises(Unavailable, match="tell no classes"):
        Onlooker(masked_image.MaskedImageRecipe(), torch.nn.Linear(1, 1), {})
