"""What is promised of a run in which only a part of the network learns."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from medstation.api import BadInput, Checkpoint, Evaluation, Finished, Metric, ModelInfo, Started
from medstation.learning.anatomy import anatomy, parameters_of
from medstation.learning.network import ready
from medstation.learning.technique import Stage
from medstation.learning.trained import adapter_state, load_adapter_state, only
from medstation.learning.weights import unpack

MERGED = ("lora", "rslora", "dora", "adalora", "ia3")
PARTIAL = ("head", "last", "gradual", *MERGED, "bottleneck")


def of(kind: type, events: list) -> list:
    return [event for event in events if isinstance(event, kind)]


def network(config: dict) -> nn.Module:
    width = config["width"]
    return nn.Sequential(
        nn.Linear(width, 16),
        nn.BatchNorm1d(16),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Linear(16, 16),
        nn.Tanh(),
        nn.Linear(16, config["outputs"]),
    )


class Attending(nn.Module):
    """Each number is a place that a transformer attends to."""

    def __init__(self, outputs: int) -> None:
        super().__init__()
        from transformers import BertConfig, BertModel

        sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
        self.wide = nn.Linear(1, 16)
        self.encoder = BertModel(BertConfig(vocab_size=4, max_position_embeddings=16, **sizes), add_pooling_layer=False)
        self.out = nn.Linear(16, outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.out(self.encoder(inputs_embeds=self.wide(x[..., None])).last_hidden_state.mean(1))


@pytest.fixture
def tuned(toy, request):
    """The toy with a deeper network and a base model that it starts from: `tuned.tune(trained="lora")` runs it."""
    toy.recipe.build = getattr(request, "param", network)
    trained = of(Finished, toy.run(seed=5, epochs=3))[0]
    toy.bench.stored_weights["m-1"] = trained.weights
    toy.base = ModelInfo("m-1", "toy", 1, "approved", "toy", "toy", trained.config, {})
    toy.tune = lambda **settings: toy.run(base=toy.base, **{"epochs": 3, "rank": 2, **settings})
    return toy


def finished(events: list) -> Finished:
    return of(Finished, events)[-1]


def changed_names(tuned, events: list) -> set[str]:
    before, after = unpack(tuned.bench.stored_weights["m-1"]), unpack(finished(events).weights)
    return {name for name, tensor in after.items() if name in before and not torch.equal(tensor, before[name])}


def test_the_head_alone_learns(tuned):
    events = tuned.tune(trained="head")
    assert changed_names(tuned, events) == {"6.weight", "6.bias"}
    assert of(Started, events)[0].facts["trained_parameters"] == 17
    assert any("17 of" in note for note in of(Started, events)[0].facts["notes"])


def test_the_last_layers_learn_and_the_norm_below_them_keeps_what_it_counted(tuned):
    assert changed_names(tuned, tuned.tune(trained="last", trained_layers=2)) == {
        "4.weight", "4.bias", "6.weight", "6.bias"
    }  # fmt: skip


def test_gradual_frees_layers_from_the_head_down(tuned):
    events = tuned.tune(trained="gradual", trained_layers=1, epochs=4, patience=0)
    counts = [event.values["layers that learn"] for event in of(Metric, events) if "learning_rate" in event.values]
    assert counts == [1, 2, 3, 3]
    first = of(Checkpoint, events)[0].data
    weights = {name: tensor for name, tensor in unpack(first).items() if name.startswith("model/")}
    before = unpack(tuned.bench.stored_weights["m-1"])
    assert torch.equal(weights["model/4.weight"], before["4.weight"])
    assert not torch.equal(weights["model/6.weight"], before["6.weight"])


@pytest.mark.parametrize(
    ("tuned", "trained"),
    [*((network, trained) for trained in PARTIAL), (lambda config: Attending(config["outputs"]), "prefix")],
    indirect=["tuned"],
    ids=[*PARTIAL, "prefix"],
)
def test_a_resumed_run_equals_the_unbroken_one_to_the_last_bit(tuned, trained):
    whole = tuned.tune(trained=trained, epochs=4)
    tuned.bench.saved = of(Checkpoint, whole)[1].data
    resumed = tuned.tune(trained=trained, epochs=4)
    assert finished(resumed).weights == finished(whole).weights
    assert finished(resumed).config == finished(whole).config
    assert of(Evaluation, resumed) == of(Evaluation, whole)
    last = [event.values for event in of(Metric, whole) if "learning_rate" in event.values][-1]
    assert [event.values for event in of(Metric, resumed) if "learning_rate" in event.values][-1] == last


@pytest.mark.parametrize("trained", MERGED)
def test_merged_adapters_leave_a_plain_network_with_the_same_answers(tuned, trained):
    events = tuned.tune(trained=trained)
    done = finished(events)
    assert set(unpack(done.weights)) == set(unpack(tuned.bench.stored_weights["m-1"]))
    assert "changes" not in done.config
    scores = judged(tuned, done)
    for record, metrics in of(Evaluation, events)[-1].cases.items():
        assert scores[record]["closeness"] == pytest.approx(metrics["closeness"], abs=1e-5)
    facts = of(Started, events)[0].facts
    assert facts["trained_parameters"] < facts["parameters"]


def judged(tuned, done: Finished) -> dict[str, dict[str, float]]:
    """The test cases' metrics, as a predictor would find them."""
    plain = ready(tuned.recipe.build(done.config), done.config, done.weights)
    tests = [case for case in tuned.request().cases if case.part == "test"]
    with torch.no_grad():
        return {
            case.record.id: tuned.recipe.score(plain, tuned.recipe.prepare(case, done.config, tuned.bench), done.config)
            for case in tests
        }


def test_adapters_leave_the_base_and_learn_the_head(tuned):
    changed = changed_names(tuned, tuned.tune(trained="lora"))
    assert changed == {"0.weight", "4.weight", "6.weight", "6.bias"}


def test_bottlenecks_stay_in_the_model_and_the_next_run_goes_on_with_them(tuned):
    events = tuned.tune(trained="bottleneck")
    done = finished(events)
    assert done.config["changes"]["bottleneck"] == {"size": 2, "at": ["0", "4"]}
    scores = judged(tuned, done)
    assert scores["r-13"]["closeness"] == pytest.approx(of(Evaluation, events)[-1].cases["r-13"]["closeness"], abs=1e-6)
    tuned.bench.stored_weights["m-2"] = done.weights
    tuned.base = ModelInfo("m-2", "toy", 2, "approved", "toy", "toy", done.config, {})
    again = tuned.tune(trained="all")
    assert finished(again).config["changes"] == done.config["changes"]
    assert not any("made anew" in note for note in of(Started, again)[0].facts["notes"])


def test_adalora_deals_out_its_ranks(tuned):
    events = tuned.tune(trained="adalora", rank=2, epochs=8, patience=0)
    ranks = [event.values["rank/mean"] for event in of(Metric, events) if "rank/mean" in event.values]
    assert ranks[0] > ranks[-1] == 2


def test_without_a_base_there_is_nothing_to_keep(toy):
    with pytest.raises(BadInput, match="keeps most of a base model"):
        toy.run(epochs=1, trained="lora")


def test_a_network_without_attention_takes_no_prefix(tuned):
    with pytest.raises(BadInput, match="needs attention"):
        tuned.tune(trained="prefix")


def test_a_rank_that_makes_adapters_larger_than_their_layers_is_refused(tuned):
    with pytest.raises(BadInput, match="finds no layer") as caught:
        tuned.tune(trained="lora", rank=64)
    assert "lower rank" in caught.value.hint


def test_rates_fall_from_the_head_down(tuned):
    from medstation.learning.techniques.rates import LayerRates

    rates = LayerRates({"layer_decay": 0.5})
    rates.begin(tuned.recipe.build({"width": 8, "outputs": 1}), stage(tuned))
    assert [rates.rate(name) for name in ("6.weight", "4.base_layer.weight", "4.lora_A.x.weight", "1.bias", "0.bias")] \
        == [1, 0.5, 0.5, 0.25, 0.25]  # fmt: skip
    assert finished(tuned.tune(layer_decay=0.5, trained="lora")).epochs == 3


def stage(tuned) -> Stage:
    from medstation.learning.parts import split
    from medstation.learning.samples import Samples

    parts, config = split(tuned.request().cases), {"width": 8, "outputs": 1}
    samples = Samples(tuned.recipe, config, tuned.bench)
    return Stage(tuned.recipe, config, {}, tuned.request(), tuned.bench, parts, samples, list(parts.train))


def test_dropout_is_set_everywhere(tuned):
    plain, without = tuned.tune(), tuned.tune(dropout_rate=0)
    assert finished(plain).weights != finished(without).weights


class Branching(nn.Module):
    """Layers that stand in another order than they compute, a block in a list, one that is idle, one never called."""

    def __init__(self) -> None:
        super().__init__()
        self.out = nn.Linear(4, 1)
        self.blocks = nn.ModuleList([nn.Sequential(nn.Linear(4, 4), nn.LayerNorm(4), nn.Linear(4, 4))])
        self.first = nn.Linear(8, 4)
        self.idle = nn.Linear(4, 4)
        self.scale = nn.LayerNorm(1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        inside = self.first(x)
        self.idle(inside)
        for block in self.blocks:
            inside = block(inside)
        return self.out(inside) * self.scale.weight


def test_layers_are_ordered_as_the_network_computes(tuned):
    network = Branching()
    found = anatomy(network, stage(tuned))
    assert [layer.name for layer in found.layers] == ["first", "blocks.0", "out"]
    assert found.head.modules == ("out", "scale")
    assert parameters_of(network, found.layers[:1]) == {"first.weight", "first.bias"}
    assert all(parameter.grad is None for parameter in network.parameters())


def test_what_was_trained_travels_alone_and_is_checked():
    network = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 2))
    only(network, {"1.weight"})
    state = adapter_state(network)
    assert set(state) == {"1.weight"}
    load_adapter_state(network, {"1.weight": torch.ones(2, 4)})
    assert torch.equal(network[1].weight, torch.ones(2, 4))
    for wrong, told in (
        ({}, "one side only"),
        ({"1.weight": torch.ones(3, 4)}, "shape"),
        ({"1.weight": torch.full((2, 4), float("nan"))}, "no numbers"),
    ):
        with pytest.raises(BadInput, match=told):
            load_adapter_state(network, wrong)
    assert torch.equal(network[1].weight, torch.ones(2, 4))
