"""What private learning promises: who is protected, by how much, and what it costs of the budget."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from opacus.accountants import RDPAccountant
from torch import nn
from toy import Toy, case

from medstation.api import (
    Checkpoint,
    Event,
    Finished,
    Metric,
    ModelInfo,
    Started,
    TrainRequest,
    Unavailable,
    WrongUsage,
)
from medstation.learning import fit, secure_chance
from medstation.learning.recipe import Batch
from medstation.learning.settings import COMMON_SETTINGS, SHARED_SETTINGS
from medstation.learning.techniques import private
from medstation.learning.techniques.private import PrivateSteps

BUDGET = {"epsilon": 20.0, "private_noise": 1.0}
"""With a noise of its own, a run needs no search for the least one."""


def of(kind: type, events: list[Event]) -> list:
    return [event for event in events if isinstance(event, kind)]


def epsilons(events: list[Event]) -> list[float]:
    return [event.values["epsilon"] for event in of(Metric, events) if "epsilon" in event.values]


def finished(events: list[Event]) -> Finished:
    return of(Finished, events)[0]


def test_the_epsilon_shown_is_what_opacus_accounts_for_the_same_steps(toy):
    events = toy.run(epochs=3, **BUDGET)
    privacy = finished(events).facts["examined"]["privacy"]
    steps = of(Started, events)[0].facts["steps_per_epoch"]
    judge, expected = RDPAccountant(), []
    for _ in range(3):
        for _ in range(steps):
            judge.step(noise_multiplier=privacy["noise"], sample_rate=privacy["rate"])
        expected.append(judge.get_epsilon(delta=privacy["delta"]))
    assert epsilons(events) == expected
    assert privacy["epsilon"] == expected[-1]
    assert privacy["steps"] == 3 * steps


def test_without_a_noise_of_its_own_the_run_takes_the_least_that_lasts_for_all_epochs(toy):
    privacy = finished(toy.run(epochs=3, epsilon=4.0)).facts["examined"]["privacy"]
    assert 3.9 < privacy["epsilon"] <= 4.0
    assert privacy["steps"] == 9


def test_the_run_ends_before_the_epoch_that_would_overstep_the_budget_and_says_so(toy):
    events = toy.run(epochs=400, epsilon=10.0, private_noise=1.0)
    done = finished(events)
    assert done.stopped == "early"
    assert 1 < done.epochs < 400
    assert epsilons(events)[-1] <= 10.0
    assert any("of the budget of 10 is spent" in note for note in done.facts["notes"])


def test_a_budget_that_does_not_last_for_one_epoch_is_refused_before_training(toy):
    with pytest.raises(WrongUsage, match=r"one epoch with private_noise=0\.3 costs more than epsilon=1"):
        toy.run(epsilon=1.0, private_noise=0.3)


def test_a_resumed_run_goes_on_with_what_was_already_spent(toy):
    whole = toy.run(epochs=3, **BUDGET)
    toy.bench.saved = of(Checkpoint, whole)[0].data
    assert epsilons(toy.run(epochs=3, **BUDGET)) == epsilons(whole)[1:]


def test_the_seed_does_not_repeat_a_private_run_and_the_page_says_so(toy):
    first, second = toy.run(epochs=1, **BUDGET), toy.run(epochs=1, **BUDGET)
    assert finished(first).weights != finished(second).weights
    notes = " ".join(of(Started, first)[0].facts["notes"])
    assert "the seed does not repeat this run" in notes
    assert "does not cover validation and test patients" in notes


def test_delta_follows_the_number_of_patients_unless_it_is_given(toy):
    own = finished(toy.run(epochs=1, **BUDGET)).facts["examined"]["privacy"]["delta"]
    given = finished(toy.run(epochs=1, **BUDGET, delta=1e-5)).facts["examined"]["privacy"]["delta"]
    assert (own, given) == (private.LARGEST_DELTA, 1e-5)


class Watched:
    """A private run without noise in which every patient is in every step, with the gradients that it made."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **settings: object) -> None:
        self.gradients: list[torch.Tensor] = []
        self.batches: list[Batch] = []
        self.network: dict[str, torch.Tensor] = {}
        monkeypatch.setattr(secure_chance, "normal", np.zeros)
        monkeypatch.setattr(secure_chance, "uniform", np.zeros)
        monkeypatch.setattr(PrivateSteps, "stepped", self._stepped)
        self.toy = Toy()
        self.toy.recipe.loss = self._loss
        self.settings = {**BUDGET, "epochs": 1, "batch_size": 10, **settings}

    def _stepped(self, network: nn.Module, step: int, total: int) -> None:
        self.gradients.append(torch.cat([one.grad.flatten() for one in network.parameters()]))

    def _loss(self, model: nn.Module, batch: Batch) -> torch.Tensor:
        self.batches.append(batch)
        self.network = self.network or {name: one.detach().clone() for name, one in model.state_dict().items()}
        return nn.functional.mse_loss(model.eval()(batch["features"]), batch["target"])

    def run(self, cases: list) -> Watched:
        list(fit(self.toy.recipe, TrainRequest("run-1", "toy", self.settings, cases, 3, None), self.toy.bench))
        return self


def test_without_noise_and_with_room_for_every_gradient_a_step_is_the_mean_over_patients(monkeypatch):
    watched = Watched(monkeypatch, private_clip=1e6, gradient_clip=0.0).run([case(n, "train") for n in range(10)])
    plain = watched.toy.recipe.build({"width": 8, "outputs": 1})
    plain.load_state_dict(watched.network)
    features, targets = (torch.cat([one[name] for one in watched.batches[:10]]) for name in ("features", "target"))
    nn.functional.mse_loss(plain.eval()(features), targets).backward()
    expected = torch.cat([one.grad.flatten() for one in plain.parameters()])
    torch.testing.assert_close(watched.gradients[0], expected)


def test_no_patient_adds_more_than_the_clipping(monkeypatch):
    watched = Watched(monkeypatch, private_clip=0.01, gradient_clip=0.0).run([case(n, "train") for n in range(10)])
    assert float(watched.gradients[0].norm()) <= 0.01


def test_all_records_of_a_patient_are_one_batch_that_is_clipped_once(monkeypatch):
    records = [case(n, "train", patient=f"P{n // 5}") for n in range(10)]
    watched = Watched(monkeypatch).run(records)
    assert [len(batch["target"]) for batch in watched.batches[:2]] == [5, 5]


def test_a_patient_with_very_many_records_gives_a_step_no_more_than_a_usual_batch(monkeypatch):
    records = [case(n, "train", patient="P") for n in range(30)]
    watched = Watched(monkeypatch, batch_size=4).run(records)
    assert {len(batch["target"]) for batch in watched.batches} == {4}


def test_a_step_that_drew_nobody_is_noise_alone_and_counts(toy, monkeypatch):
    monkeypatch.setattr(secure_chance, "uniform", lambda count: np.full(count, 0.999))
    monkeypatch.setattr(secure_chance, "normal", lambda count: np.linspace(-1, 1, count))
    done = finished(toy.run(epochs=2, **BUDGET))
    assert done.facts["examined"]["privacy"]["steps"] == 6


def test_a_gradient_that_is_no_number_adds_nothing():
    weight = nn.Parameter(torch.zeros(3))
    weight.grad = torch.tensor([1.0, float("nan"), 0.0])
    total = [torch.zeros(3)]
    private._add_clipped(total, [weight], 1.0)
    assert total[0].tolist() == [0.0, 0.0, 0.0]


def test_batches_that_were_cut_for_want_of_memory_are_joined_by_patient_again():
    batches = [{"number": torch.tensor([number])} for number in range(7)]
    grouped = private._grouped(batches, [4, 1, 2])
    assert [[int(one["number"]) for one in own] for own in grouped] == [[0, 1, 2, 3], [4], [5, 6]]
    assert [len(own) for own in private._grouped(batches[:3], [4, 1, 2])] == [1, 1, 1]


def test_where_memory_runs_out_a_patients_records_are_computed_in_parts(monkeypatch):
    def crowded(model: nn.Module, batch: Batch) -> torch.Tensor:
        if len(batch["target"]) > 2:
            raise torch.OutOfMemoryError("the device ran out of memory")
        return Watched._loss(watched, model, batch)

    watched = Watched(monkeypatch)
    watched.toy.recipe.loss = crowded
    watched.run([case(n, "train", patient=f"P{n // 5}") for n in range(10)])
    assert len(watched.gradients) == 1
    assert [len(batch["target"]) for batch in watched.batches[-6:]] == [2, 2, 1, 2, 2, 1]


def test_batch_norm_becomes_group_norm_for_good_and_that_is_said(toy):
    toy.recipe.build = lambda config: nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.Linear(16, 1))
    done = finished(toy.run(epochs=1, **BUDGET))
    assert done.config["changes"] == {"norm": "group"}
    assert any("replaced by group norms" in note for note in done.facts["notes"])


def test_a_layer_that_keeps_means_of_patients_is_refused(toy):
    toy.recipe.build = lambda config: nn.Sequential(
        nn.Unflatten(1, (1, 8)), nn.InstanceNorm1d(1, track_running_stats=True), nn.Flatten(), nn.Linear(8, 1)
    )
    with pytest.raises(Unavailable, match=r"layer 1 .* keeps means of the patients"):
        toy.run(epochs=1, **BUDGET)


@pytest.mark.parametrize(
    ("name", "value"), [("rehearsal", 0.3), ("ewc", 1.0), ("teacher", "m"), ("head_start", "prototypes"),
                        ("pseudo_labels", 0.9)]
)  # fmt: skip
def test_what_would_carry_data_past_the_noise_is_refused_beside_it(name, value):
    settings = {setting.name: setting.default for setting in SHARED_SETTINGS} | BUDGET | {name: value}
    with pytest.raises(WrongUsage, match=f"{name} cannot be used with epsilon"):
        PrivateSteps(settings).planned({}, settings)


def test_several_devices_are_refused():
    settings = {setting.name: setting.default for setting in SHARED_SETTINGS} | BUDGET
    training = SimpleNamespace(accelerator=SimpleNamespace(num_processes=2))
    with pytest.raises(Unavailable, match="one device"):
        PrivateSteps(settings).gradients(training, [], lambda model, batch: None)  # type: ignore[arg-type]


def test_privacy_is_off_unless_it_is_asked_for(toy):
    assert not {"epsilon", "delta"} & {setting.name for setting in COMMON_SETTINGS}
    assert "epsilon" not in finished(toy.run(epochs=1)).facts["examined"]["privacy"]


def test_the_systems_chance_is_even_and_normal():
    uniform, normal = secure_chance.uniform(20_001), secure_chance.normal(20_001)
    assert (len(uniform), len(normal)) == (20_001, 20_001)
    assert 0 <= uniform.min() < 0.01 and 0.99 < uniform.max() < 1
    assert abs(uniform.mean() - 0.5) < 0.02
    assert abs(normal.mean()) < 0.05 and abs(normal.std() - 1) < 0.04
    assert abs((np.abs(normal) < 1).mean() - 0.6827) < 0.025
    assert not np.array_equal(secure_chance.normal(8), secure_chance.normal(8))


def test_private_learning_of_adapters_leaves_the_base_as_it_is(toy):
    toy.recipe.build = lambda config: nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 32), nn.Linear(32, 1))
    base = finished(toy.run(epochs=1))
    toy.bench.stored_weights["m-1"] = base.weights
    model = ModelInfo("m-1", "toy", 1, "approved", "toy", "toy", base.config, {})
    events = toy.run(base=model, epochs=1, trained="lora", rank=2, **BUDGET)
    facts = of(Started, events)[0].facts
    assert facts["trained_parameters"] < facts["parameters"]
    assert finished(events).facts["examined"]["privacy"]["epsilon"] > 0
    assert any("What the base model toy learnt before is not covered" in note for note in facts["notes"])
