"""Every way to train a part, on the network of every recipe: what learns, what stays, and that it merges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

from medstation.api import BadInput, Json, resolve
from medstation.learning.network import changed, with_changes
from medstation.learning.techniques import chosen
from medstation.learning.trained import adapter_state
from medstation_imaging.classification import ClassificationRecipe
from medstation_imaging.segmentation import SegmentationRecipe
from medstation_notes.mlm import MlmRecipe
from medstation_notes.tagger import TaggerRecipe
from medstation_notes.tagger_network import CODES
from medstation_notes.transformer_class import ClassRecipe
from medstation_notes.transformer_tokens import TokensRecipe
from medstation_signals.beats import LENGTH, RHYTHM, BeatRecipe
from medstation_signals.patchtst import PatchRecipe
from medstation_signals.record_class import NAMES, RecordClass

BERT = {"model_type": "bert", "vocab_size": 60, "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2,
        "intermediate_size": 128, "max_position_embeddings": 40, "pad_token_id": 0}  # fmt: skip
IDS = torch.arange(24).reshape(2, 12) + 5
MASK = torch.ones(2, 12, dtype=torch.long).index_fill(1, torch.tensor([11]), 0)


@dataclass(frozen=True)
class Ground:
    recipe: Any
    config: Json
    batch: dict[str, torch.Tensor]


def _volumes() -> Ground:
    config = {"classes": ["a"], "strides": [[2, 2, 2], [2, 2, 2]], "width": 16, "network": "unet"}
    target = torch.randint(0, 2, (2, 1, 16, 16, 16)).float()
    return Ground(SegmentationRecipe(), config, {"image": torch.randn(2, 1, 16, 16, 16), "target": target})


def _images() -> Ground:
    config = {"shape": [32, 32], "classes": ["a", "b"], "network": "resnet10"}
    told = {"target": torch.tensor([0, 1]), "weight": torch.ones(2)}
    return Ground(ClassificationRecipe(), config, {"image": torch.randn(2, 1, 32, 32), **told})


def _tokens() -> Ground:
    batch = {"ids": IDS, "mask": MASK, "tags": (IDS % 3).masked_fill(MASK == 0, -100)}
    return Ground(TokensRecipe(), {"transformer": BERT, "tags": ["O", "B", "I"]}, batch)


def _note() -> Ground:
    told = {"owner": torch.tensor([0, 0]), "target": torch.tensor([1]), "weight": torch.ones(1)}
    return Ground(ClassRecipe(), {"transformer": BERT, "classes": ["a", "b"]}, {"ids": IDS, "mask": MASK, **told})


def _language() -> Ground:
    told = {"places": torch.tensor([1, 5]), "truth": torch.tensor([7, 9])}
    return Ground(MlmRecipe(), {"transformer": BERT, "mask_piece": 4}, {"ids": IDS, "mask": MASK, **told})


def _tagger() -> Ground:
    recipe = TaggerRecipe()
    survey = {"words": Counter({"fever": 3, "cough": 2}), "types": ["T"]}
    config = recipe.plan([survey], resolve(recipe.settings, {"hidden": 32}), None)
    places = torch.zeros(2, 4, dtype=torch.long)
    batch = dict.fromkeys(CODES, places) | {"form": places, "forms": torch.zeros(1, 5, dtype=torch.long)}
    return Ground(recipe, config, {**batch, "lengths": torch.tensor([4, 3]), "tags": places})


def _beats() -> Ground:
    batch = {"shapes": torch.randn(8, LENGTH), "rhythms": torch.randn(8, RHYTHM), "targets": torch.arange(8) % 2}
    return Ground(BeatRecipe(), {"width": 16, "classes": ["N", "V"]}, batch)


def _record() -> Ground:
    batch = {"features": torch.randn(4, len(NAMES)), "target": torch.tensor([0, 1, 0, 1]), "weight": torch.ones(4)}
    return Ground(RecordClass(), {"width": 24, "classes": ["A", "N"]}, batch)


def _forecast() -> Ground:
    shape = {"lookback": 32, "horizon": 4, "season": 0, "logarithm": False, "shift": 0.0, "mean": 0.0, "deviation": 1.0}
    config = {"network": "patchtst", "width": 32, "layers": 2, "patch": 8, "shape": shape}
    return Ground(PatchRecipe(), config, {"past": torch.randn(6, 32), "ahead": torch.randn(6, 4)})


GROUNDS: dict[str, Callable[[], Ground]] = {
    "volumes": _volumes, "images": _images, "tokens": _tokens, "note": _note, "language": _language,
    "tagger": _tagger, "beats": _beats, "record": _record, "forecast": _forecast,
}  # fmt: skip
WAYS = ("head", "last", "gradual", "lora", "rslora", "dora", "adalora", "ia3", "bottleneck", "prefix")
FEW = ("head", "lora", "prefix")
"""For networks that differ from another one of the table in their head alone."""
WAYS_OF = {
    "volumes": tuple(way for way in WAYS if way != "rslora"),
    "images": ("last", "lora", "dora", "adalora", "ia3", "bottleneck", "prefix"),
    "tokens": WAYS,
    "note": FEW,
    "language": FEW,
    "tagger": tuple(way for way in WAYS if way != "rslora"),
    "beats": tuple(way for way in WAYS if way != "rslora"),
    "record": FEW,
    "forecast": tuple(way for way in WAYS if way != "rslora"),
}
NOT = {
    *((name, "prefix") for name in ("volumes", "images", "tagger", "beats", "record")),
    *((name, "adalora") for name in ("volumes",)),
}
"""Refused, with what to do: networks without attention; AdaLoRA's matrices of volumes."""


def begun(ground: Ground, way: str) -> tuple[nn.Module, Any, Any]:
    torch.manual_seed(0)
    settings = resolve(ground.recipe.settings, {"trained": way, "rank": 2})
    stage = SimpleNamespace(recipe=ground.recipe, config=ground.config, settings=settings, fresh=(), notes=[],
                            request=SimpleNamespace(base=object()), example=lambda: ground.batch)  # fmt: skip
    (technique,) = chosen(settings)
    return technique.begin(ground.recipe.build(ground.config), stage), technique, stage


def learnt(ground: Ground, network: nn.Module, technique: Any, steps: int = 2) -> None:
    """A few steps of plain descent, as the loop makes them."""
    technique.epoch(network, 1, 4)
    optimizer = torch.optim.SGD([one for one in network.parameters() if one.requires_grad], lr=0.1)
    for step in range(1, steps + 1):
        network.train()
        technique.mode(network)
        technique.loss(network, ground.batch, ground.recipe.loss).backward()
        optimizer.step()
        technique.stepped(network, step, steps)
        optimizer.zero_grad()


@pytest.fixture(autouse=True)
def one_thread():
    """Networks this small are slower on several cores."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize(("name", "way"), [(name, way) for name, ways in WAYS_OF.items() for way in ways])
def test_a_part_learns_and_the_result_is_a_network_that_predictors_can_build(name, way):
    ground = GROUNDS[name]()
    if (name, way) in NOT:
        with pytest.raises(BadInput) as caught:
            begun(ground, way)
        assert "trained=" in caught.value.hint
        return
    network, technique, stage = begun(ground, way)
    before = {key: one.clone() for key, one in network.state_dict().items()}
    trained = set(adapter_state(network))
    learnt(ground, network, technique)
    moved = {key for key, one in network.state_dict().items() if not torch.equal(one, before[key])}
    assert moved and moved <= trained
    assert any("weights learn" in note or "Layers learn" in note for note in stage.notes)
    config = with_changes(ground.config, technique.lasting())
    plain = changed(ground.recipe.build(config), config)
    plain.load_state_dict(technique.merged(network) or network.state_dict())
    with torch.no_grad():
        told, again = (ground.recipe.outputs(one.eval(), ground.batch) for one in (network, plain))
    torch.testing.assert_close(again, told, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["tokens", "images", "volumes"])
def test_lora_learns_a_small_part(name):
    ground = GROUNDS[name]()
    network, _, stage = begun(ground, "lora")
    counts = [(one.numel(), one.requires_grad) for one in network.parameters()]
    assert sum(count for count, learns in counts if learns) < 0.2 * sum(count for count, _ in counts)
    assert "lora in" in stage.notes[0]


@pytest.mark.parametrize("name", ["images", "tokens", "note", "beats", "record"])
def test_the_focal_loss_is_cross_entropy_without_focus_and_smaller_with_it(name):
    ground = GROUNDS[name]()
    network = ground.recipe.build(ground.config).eval()
    values = {}
    for gamma in (0, 2):
        settings = resolve(ground.recipe.settings, {"loss": "focal", "focal_gamma": gamma})
        (technique,) = chosen(settings)
        technique.begin(network, SimpleNamespace(recipe=ground.recipe, notes=[]))
        values[gamma] = technique.loss(network, ground.batch, ground.recipe.loss).item()
    assert values[0] == pytest.approx(ground.recipe.loss(network, ground.batch).item(), rel=1e-5)
    assert 0 < values[2] < values[0]


def test_a_quantile_is_learnt_where_the_outcome_stays_below_it_in_that_share():
    ground = _forecast()
    (technique,) = chosen(resolve(ground.recipe.settings, {"loss": "quantile", "quantile": 0.9}))
    constant = nn.Parameter(torch.zeros(()))
    wanted = torch.linspace(0, 1, 101)
    recipe = SimpleNamespace(outputs=lambda model, batch: constant.expand(101), truth=lambda batch: wanted)
    technique.begin(ground.recipe.build(ground.config), SimpleNamespace(recipe=recipe, notes=[]))
    optimizer = torch.optim.SGD([constant], lr=0.05)
    for _ in range(300):
        optimizer.zero_grad()
        technique.loss(None, {}, None).backward()
        optimizer.step()
    assert constant.item() == pytest.approx(0.9, abs=0.03)
