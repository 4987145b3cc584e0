"""What the robustness test does to data, and what it says of a model."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from toy import Toy

from medstation.api import Finished, Json
from medstation.learning import corruptions
from medstation.learning.examinations import corruption
from medstation.learning.recipe import IGNORED


def chance() -> torch.Generator:
    return torch.Generator().manual_seed(1)


@pytest.fixture
def images() -> torch.Tensor:
    return torch.randn(2, 1, 32, 40, generator=chance())


@pytest.mark.parametrize("one", corruptions.INPUT_CORRUPTIONS, ids=lambda one: one.name)
def test_each_damage_keeps_shape_and_gaps_and_repeats(images, one):
    images[0, 0, 3, 4] = float("nan")
    first, again = (one.change(images, one.strengths[-1], chance()) for _ in range(2))
    assert first.shape == images.shape
    assert torch.equal(first.isnan(), images.isnan())
    assert torch.equal(first.nan_to_num(), again.nan_to_num())


@pytest.mark.parametrize("one", corruptions.INPUT_CORRUPTIONS, ids=lambda one: one.name)
def test_strengths_grow_and_damage_with_them(images, one):
    assert list(one.strengths) == sorted(one.strengths)
    weak, strong = ((one.change(images, one.strengths[place], chance()) - images).abs().mean() for place in (0, -1))
    assert strong > 0
    assert strong >= weak or one.name == "contrast"


def test_blur_keeps_what_is_even_and_takes_what_is_fine():
    even = torch.full((1, 1, 30, 30), 3.0)
    torch.testing.assert_close(corruptions.blurred(even, 2.0, chance()), even)
    stripes = (torch.arange(60) % 2).float()[None]
    assert corruptions.blurred(stripes, 2.0, chance())[:, 6:-6].std() < 0.05 * stripes.std()


def test_contrast_is_about_the_mean(images):
    torch.testing.assert_close(corruptions.stretched(images, 1.0, chance()), images)
    assert corruptions.stretched(images, 2.0, chance()).mean() == pytest.approx(float(images.mean()), abs=1e-5)


def test_missing_parts_are_whole_blocks_of_about_the_share(images):
    images = images.repeat(50, 1, 1, 1)
    lost = corruptions.holed(images, 0.25, chance()) != images
    assert 0.2 < float(lost.float().mean()) < 0.3
    assert bool((lost[:, :, :4, :5].flatten(1).all(1) | ~lost[:, :, :4, :5].flatten(1).any(1)).all())


def test_lists_of_features_are_not_blurred_but_may_be_missing_one_by_one():
    features = torch.randn(400, 20, generator=chance())
    assert corruptions.sampled_axes(features) == []
    lost = corruptions.holed(features, 0.5, chance()) != features
    assert 0.4 < float(lost.float().mean()) < 0.6
    assert float(lost.all(1).float().mean()) < 0.1


def test_balanced_accuracy_counts_each_class_alike_and_leaves_out_the_unknown():
    said = torch.tensor([[9.0, 0.0], [9.0, 0.0], [9.0, 0.0], [0.0, 9.0], [9.0, 0.0]])
    truth = torch.tensor([0, 0, 0, 1, IGNORED])
    hits = corruption._hits(said, truth)
    assert hits.tolist() == [[3, 1], [3, 1]]
    wrong = corruption._hits(said, torch.tensor([0, 0, 0, IGNORED, 1]))
    value = corruption._balanced(np.ones((1, 2)), np.stack([hits, wrong]))
    assert value.tolist() == [0.75]


def test_errors_of_values_leave_out_gaps():
    errors = corruption._errors(torch.tensor([1.0, 2.0, 3.0]), torch.tensor([0.0, float("nan"), 1.0]))
    assert errors.tolist() == [[5.0], [2.0]]
    assert corruption._root(np.ones((1, 1)), errors[None]).tolist() == [pytest.approx(2.5**0.5)]


def found(toy: Toy, **settings: object) -> Json:
    done = next(event for event in toy.run(epochs=1, **settings) if isinstance(event, Finished))
    return done.facts["examined"].get("robustness", {})


def test_it_costs_nothing_unless_it_is_asked_for(toy):
    assert found(toy) == {}


def test_a_curve_for_each_damage_and_for_attacks_with_intervals(toy):
    result = found(toy, robustness_test=True)
    assert result["measure"] == "root mean square error"
    assert result["cases"] == 3
    assert set(result["curves"]) == {"noise", "contrast", "missing", "attack"}
    for curve in result["curves"].values():
        assert 3 <= len(curve["points"]) <= 5
        assert all(point["low"] <= point["value"] <= point["high"] for point in curve["points"])
    attacked = [point["value"] for point in result["curves"]["attack"]["points"]]
    assert result["clean"]["value"] < attacked[0] < attacked[-1]


def test_the_same_run_is_tested_the_same_way(toy):
    assert found(toy, robustness_test=True) == found(toy, robustness_test=True)


def test_a_recipe_of_words_is_tested_in_the_vectors_of_its_words(toy):
    toy.recipe.inputs = ""
    toy.recipe.build = lambda config: nn.Sequential(nn.Embedding(20, 4), nn.Flatten(), nn.Linear(32, 1))
    toy.recipe.outputs = lambda model, batch: model(batch["features"].abs().mul(5).long().clamp(max=19))
    toy.recipe.score = lambda model, sample, config: {"closeness": 0.5}
    assert set(found(toy, robustness_test=True)["curves"]) == {"noise", "missing", "attack"}


def test_a_recipe_that_tells_no_decisions_is_left_out(toy):
    toy.recipe.decides = ""
    assert found(toy, robustness_test=True) == {}
