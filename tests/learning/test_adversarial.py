"""What adversarial training promises: the worst change within bounds, found without touching weights, repeatably."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from toy import Toy

from medstation.api import Checkpoint, Event, Finished, Started, Unavailable
from medstation.learning.attacks import Shift, can_be_attacked, shifted, under_attack
from medstation.learning.network import ready
from medstation.learning.recipe import Batch


def of(kind: type, events: list[Event]) -> list:
    return [event for event in events if isinstance(event, kind)]


@pytest.fixture
def model() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 1))


@pytest.fixture
def batch() -> Batch:
    torch.manual_seed(1)
    return {"features": torch.randn(6, 8), "target": torch.randn(6, 1)}


class Words(nn.Module):
    """Ids in, one number out."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(20, 4)
        self.out = nn.Linear(4, 1)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.out(self.table(ids).mean(1))


class WordToy(Toy):
    def __init__(self) -> None:
        super().__init__()
        self.recipe.inputs = ""
        self.recipe.build = lambda config: Words()
        self.recipe.outputs = lambda model, batch: model(batch["features"].abs().mul(5).long().clamp(max=19))
        self.recipe.score = lambda model, sample, config: {"closeness": 0.5}


@pytest.mark.parametrize("steps", [1, 10])
def test_an_attack_makes_the_loss_larger_than_chance_does(toy, model, batch, steps):
    recipe = toy.recipe
    worst = under_attack(recipe, model, batch, (0.3, steps), recipe.loss, recipe.loss)
    with shifted(recipe, model, Shift(0.3)) as changed:
        by_chance = recipe.loss(model, changed(batch))
    assert worst > by_chance
    assert worst > recipe.loss(model, batch)


def test_more_steps_find_a_change_at_least_as_bad(toy, model, batch):
    recipe = toy.recipe
    losses = []
    for steps in (1, 20):
        torch.manual_seed(0)
        losses.append(under_attack(recipe, model, batch, (0.5, steps), recipe.loss, recipe.loss).item())
    assert losses[1] >= losses[0] - 1e-6


def test_the_change_stays_within_its_bounds(toy, model, batch):
    seen: list[torch.Tensor] = []

    def ask(model: nn.Module, changed: Batch) -> torch.Tensor:
        seen.append(changed["features"])
        return toy.recipe.loss(model, changed)

    under_attack(toy.recipe, model, batch, (0.25, 7), toy.recipe.loss, ask)
    reach = 0.25 * batch["features"].std(correction=0)
    far = (seen[0] - batch["features"]).abs().max()
    assert 0.9 * reach < far <= reach + 1e-6


def test_what_was_not_measured_stays_so(toy, model, batch):
    gaps = batch["features"].clone()
    gaps[0, 0] = float("nan")
    seen: list[torch.Tensor] = []
    loss = lambda model, some: model(some["features"].nan_to_num()).square().mean()  # noqa: E731
    ask = lambda model, some: seen.append(some["features"]) or loss(model, some)  # noqa: E731
    under_attack(toy.recipe, model, {**batch, "features": gaps}, (0.25, 3), loss, ask)
    assert seen[0].isnan().sum() == 1


def test_weights_get_no_gradient_from_the_search_but_from_the_loss_that_was_found(toy, model, batch):
    loss = under_attack(toy.recipe, model, batch, (0.1, 3), toy.recipe.loss, toy.recipe.loss)
    assert all(parameter.grad is None for parameter in model.parameters())
    loss.backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_ids_are_attacked_through_the_vectors_of_their_words():
    toy, words = WordToy(), Words()
    batch = {"features": torch.randn(6, 8), "target": torch.randn(6, 1)}
    assert can_be_attacked(toy.recipe, words)
    worst = under_attack(toy.recipe, words, batch, (0.5, 5), toy.recipe.loss, toy.recipe.loss)
    assert worst > toy.recipe.loss(words, batch)
    assert not words.table._forward_hooks


@pytest.mark.parametrize("kind", ["fgsm", "pgd"])
@pytest.mark.parametrize("make", [Toy, WordToy])
def test_a_resumed_run_equals_the_unbroken_one_to_the_last_bit(kind, make):
    toy = make()
    settings = {"epochs": 3, "adversarial": kind, "adversarial_steps": 2}
    whole = toy.run(**settings)
    toy.bench.saved = of(Checkpoint, whole)[0].data
    torch.rand(5)
    assert of(Finished, toy.run(**settings))[0].weights == of(Finished, whole)[0].weights


def test_it_changes_what_is_learnt_and_the_page_says_how(toy):
    plain = of(Finished, toy.run(epochs=2))[0]
    events = toy.run(epochs=2, adversarial="pgd", adversarial_size=0.2, adversarial_share=1.0)
    assert of(Finished, events)[0].weights != plain.weights
    notes = " ".join(of(Started, events)[0].facts["notes"])
    assert "changed by up to 0.2 standard deviations, 5 step(s) each, 100 % of the loss" in notes


def test_without_size_it_is_the_plain_loss(toy, model, batch):
    changed = under_attack(toy.recipe, model, batch, (0.0, 2), toy.recipe.loss, toy.recipe.loss)
    torch.testing.assert_close(changed, toy.recipe.loss(model, batch))


def test_a_model_learnt_so_withstands_more(toy):
    """The toy's target hangs on two of eight features: an honest model needs no others."""
    recipe, gaps = toy.recipe, []
    samples = [recipe.prepare(case, {"width": 8}, toy.bench) for case in toy.request().cases]
    batch = recipe.batch(samples, {}, np.random.default_rng(0))
    for settings in ({}, {"adversarial": "pgd", "adversarial_size": 0.3, "adversarial_share": 1.0}):
        done = of(Finished, toy.run(epochs=30, learning_rate=0.02, **settings))[0]
        trained = ready(recipe.build(done.config), done.config, done.weights)
        worst = under_attack(recipe, trained, batch, (0.3, 10), recipe.loss, recipe.loss)
        gaps.append(float((worst - recipe.loss(trained, batch)).detach()))
    assert gaps[1] < gaps[0]


def test_a_network_without_anything_to_change_is_refused(toy):
    toy.recipe.inputs = ""
    with pytest.raises(Unavailable, match="no input that could be changed"):
        toy.run(epochs=1, adversarial="fgsm")
