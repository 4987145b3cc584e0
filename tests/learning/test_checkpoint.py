"""A checkpoint holds everything, and nothing in it can run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

import medstation.learning
from medstation.api import BadInput, Checkpoint
from medstation.learning.checkpoint import pack_state, unpack_state
from medstation.learning.weights import load_all, pack, unpack


def test_tensors_and_facts_come_back_equal():
    groups = {"model": {"a.b": torch.randn(3, 4)}, "optimizer": {"0/step": torch.tensor(7.0)}}
    saved = unpack_state(pack_state(groups, {"classes": ["ü"]}, {"steps": 9}))
    assert torch.equal(saved.groups["model"]["a.b"], groups["model"]["a.b"])
    assert torch.equal(saved.groups["optimizer"]["0/step"], torch.tensor(7.0))
    assert (saved.config, saved.facts["steps"]) == ({"classes": ["ü"]}, 9)


def test_tensors_of_any_layout_can_be_packed():
    shared = torch.randn(4, 6)
    state = {
        "t": shared.t(),
        "again": shared,
        "last": torch.randn(2, 3, 4, 4, 4).to(memory_format=torch.channels_last_3d),
    }
    back = unpack(pack(state))
    assert all(torch.equal(back[name], state[name]) for name in state)


def test_a_checkpoint_is_a_plain_safetensors_file(toy):
    data = next(event.data for event in toy.run(epochs=1) if isinstance(event, Checkpoint))
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    kinds = {name.split("/")[0] for name in header if name != "__metadata__"}
    assert kinds == {"model", "best", "optimizer", "chance"}


def test_no_code_of_the_engine_can_unpickle():
    for path in Path(medstation.learning.__file__).parent.glob("*.py"):
        text = path.read_text("utf-8")
        assert "pickle.load" not in text and "torch.load" not in text and "torch.save" not in text


@pytest.mark.parametrize("damage", [b"", b"not a checkpoint at all", b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00."])
def test_damaged_bytes_are_refused_kindly(damage):
    with pytest.raises(BadInput, match="not a whole safetensors file"):
        unpack_state(damage)


def test_a_cut_off_checkpoint_is_refused_kindly():
    data = pack_state({"model": {"a": torch.zeros(100)}}, {}, {})
    with pytest.raises(BadInput):
        unpack_state(data[:-10])


def test_weights_of_another_network_are_refused_kindly():
    with pytest.raises(BadInput, match="do not fit"):
        load_all(torch.nn.Linear(2, 2), {"weight": torch.zeros(3, 3)})
