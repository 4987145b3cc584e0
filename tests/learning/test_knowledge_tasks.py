"""Prototypes, teachers and held weights on the network of every recipe."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from test_adapting_tasks import GROUNDS

from medstation.api import resolve
from medstation.learning.features import decides_linearly, features, last_layer
from medstation.learning.techniques import chosen, teacher
from medstation.learning.techniques.prototypes import ABSENT, head_of
from medstation.learning.weights import pack

LINEAR = ("images", "tokens", "note", "tagger", "beats", "record")
"""Recipes whose last layer weighs each place alone: there a head can be set from prototypes."""


def built(name: str) -> tuple[Any, Any, torch.nn.Module]:
    torch.manual_seed(0)
    ground = GROUNDS[name]()
    return ground, ground.recipe, ground.recipe.build(ground.config).eval()


def asked(ground: Any, weights: bytes, **settings: Any) -> tuple[Any, Any]:
    """The technique that the settings ask for, and a stage that says nothing but what was given."""
    base = SimpleNamespace(id="m-1", name="large", version=1, config=ground.config, recipe="")
    request = SimpleNamespace(base=base, teacher=base, recipe="this", cases=(), earlier=())
    bench = SimpleNamespace(weights=lambda model_id: weights)
    stage = SimpleNamespace(recipe=ground.recipe, config=ground.config, request=request, bench=bench, notes=[])
    (technique,) = chosen(resolve(ground.recipe.settings, settings))
    return technique, stage


@pytest.mark.parametrize("name", LINEAR)
def test_what_goes_into_the_last_layer_gives_the_recipes_own_outputs(name):
    ground, recipe, network = built(name)
    with torch.no_grad():
        layer = last_layer(network, lambda: recipe.outputs(network, ground.batch))
        head = network.get_submodule(layer)
        assert decides_linearly(head)
        found = features(recipe, network, layer, ground.batch)
        torch.testing.assert_close(head(found), recipe.outputs(network, ground.batch), rtol=1e-4, atol=1e-5)
    assert network.get_submodule(layer) is head


@pytest.mark.parametrize("name", [name for name in GROUNDS if name not in LINEAR])
def test_other_networks_end_in_something_that_prototypes_cannot_replace(name):
    ground, recipe, network = built(name)
    with torch.no_grad():
        layer = network.get_submodule(last_layer(network, lambda: recipe.outputs(network, ground.batch)))
    assert recipe.decides == "values" or not decides_linearly(layer)


@pytest.mark.parametrize("name", GROUNDS)
def test_a_student_that_answers_as_its_teacher_has_nothing_to_learn_from_it(name, monkeypatch):
    ground, recipe, network = built(name)
    weights = pack(network.state_dict())
    monkeypatch.setattr(teacher, "_check_alike", lambda stage, model: None)
    technique, stage = asked(ground, weights, teacher="large", teacher_weight=1.0)
    technique.begin(network, stage)
    assert technique.loss(network, ground.batch, recipe.loss).item() == pytest.approx(0, abs=1e-5)
    other = recipe.build(ground.config).eval()
    loss = technique.loss(other, ground.batch, recipe.loss)
    loss.backward()
    assert loss.item() > 0 and any(one.grad is not None for one in other.parameters())
    assert not any(one.requires_grad for one in technique._teacher.parameters())


@pytest.mark.parametrize("name", GROUNDS)
def test_held_weights_cost_nothing_where_they_were_and_more_the_further_they_go(name):
    ground, _, network = built(name)
    technique, stage = asked(ground, pack(network.state_dict()), ewc=10.0)
    technique.begin(network, stage)
    costs = []
    for step in (0.0, 0.01, 0.02):
        with torch.no_grad():
            for one in network.parameters():
                one += step
        costs.append(technique.loss(network, ground.batch, lambda model, batch: torch.zeros(())).item())
    assert costs[0] == 0 and costs[2] == pytest.approx(9 * costs[1], rel=1e-3) and costs[1] > 0
    assert "all alike" in stage.notes[0]


def test_a_head_of_prototypes_says_the_class_whose_mean_is_nearest_and_leaves_out_what_was_not_shown():
    rng = np.random.default_rng(0)
    classes = np.repeat([0, 2], 6)
    found = rng.normal(size=(12, 4)) + 4 * (classes[:, None] == 2)
    weight, bias = head_of(found, classes, np.array([6, 0, 6]))
    assert ((found @ weight.T + bias).argmax(axis=1) == classes).all()
    assert not weight[1].any() and bias[1] == ABSENT


def test_one_case_of_each_class_is_enough_for_a_head():
    weight, bias = head_of(np.eye(3), np.arange(3), np.ones(3, np.int64))
    assert ((np.eye(3) @ weight.T + bias).argmax(axis=1) == np.arange(3)).all()
