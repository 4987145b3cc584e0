"""Smaller forms of weights come back as what they were, within what is promised; what is damaged is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from torch import nn

from medstation.api import BadInput, Evaluation, Finished, ModelInfo
from medstation.learning.asked import Asked
from medstation.learning.compact import in_eight_bits, plain, without_zeros
from medstation.learning.compressing.onnx_file import exported
from medstation.learning.compressing.pruning import pruned, zeros_in
from medstation.learning.network import ready
from medstation.learning.weights import pack, unpack
from medstation.library.safetensors_header import count_parameters


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 64, 40),
                         nn.BatchNorm1d(40), nn.Linear(40, 3)).eval()  # fmt: skip


def test_eight_bits_take_a_quarter_of_the_room_and_are_close() -> None:
    state = network().state_dict()
    small = pack(in_eight_bits(state))
    assert len(pack(state)) / len(small) > 3.5
    back = unpack(small)
    assert back.keys() == state.keys() and count_parameters(small) == count_parameters(pack(state))
    for name, tensor in state.items():
        if tensor.ndim > 1:
            step = tensor.abs().reshape(len(tensor), -1).amax(1) / 254
            off = (back[name] - tensor).abs().reshape(len(tensor), -1).amax(1)
            assert bool((off <= step * 1.001).all())
        else:
            assert torch.equal(back[name], tensor)


def test_a_network_is_filled_from_eight_bits_as_from_plain_weights() -> None:
    net, image = network(), torch.randn(2, 1, 8, 8)
    filled = ready(network(), {}, pack(in_eight_bits(net.state_dict()))).cpu()
    with torch.no_grad():
        torch.testing.assert_close(filled(image), net(image), atol=0.05, rtol=0.05)


def test_pruning_takes_the_smallest_numbers_of_all_layers_and_storing_them_is_exact() -> None:
    state = network().state_dict()
    fewer = pruned(state, 0.6)
    matrices = [name for name, one in state.items() if one.ndim > 1]
    every = torch.cat([state[name].flatten() for name in matrices])
    kept = torch.cat([fewer[name].flatten() for name in matrices])
    assert float((kept == 0).float().mean()) == pytest.approx(0.6, abs=0.01)
    assert float(every[kept == 0].abs().max()) <= float(every[kept != 0].abs().min())
    small = pack(without_zeros(fewer))
    assert len(small) < 0.5 * len(pack(state)) and zeros_in(fewer) > 0.55
    back = unpack(small)
    assert all(torch.equal(back[name], fewer[name]) for name in fewer)
    assert all(torch.equal(one, state[name]) for name, one in pruned(state, 0.0).items())


def test_compact_weights_whose_parts_do_not_fit_are_refused() -> None:
    state = network().state_dict()
    for compact in (in_eight_bits(state), without_zeros(pruned(state, 0.6))):
        for name in [one for one in compact if one.endswith(("::scale", "::values", "::shape"))]:
            for broken in (
                {**compact, name: compact[name][:-1]},
                {one: compact[one] for one in compact if one != name},
            ):
                with pytest.raises(BadInput, match="do not fit together"):
                    plain(broken)
    huge = {
        "w::there": torch.zeros(1, dtype=torch.uint8),
        "w::values": torch.zeros(0),
        "w::shape": torch.tensor([1 << 40]),
    }
    with pytest.raises(BadInput):
        plain(huge)


def test_a_pruned_model_learns_on_and_keeps_its_zeros(toy: Any) -> None:
    first = next(event for event in toy.run() if isinstance(event, Finished))
    toy.bench.stored_weights["m"] = pack(without_zeros(pruned(unpack(first.weights), 0.5)))
    base = ModelInfo("m", "m", 1, "candidate", "toy", "toy", first.config, {})
    events = toy.run(base=base, keep_zeros=True)
    (again,) = [event for event in events if isinstance(event, Finished)]
    before, after = unpack(toy.bench.stored_weights["m"]), unpack(again.weights)
    assert any(not torch.equal(before[name], after[name]) for name in before)
    for name, tensor in before.items():
        if tensor.ndim > 1:
            assert bool((after[name][tensor == 0] == 0).all()) and bool((tensor == 0).any())
    freely = next(event for event in toy.run(base=base) if isinstance(event, Finished))
    assert zeros_in(unpack(freely.weights)) < zeros_in(after)
    assert [one.model for one in events if isinstance(one, Evaluation)] == ["before", "after"]


def test_an_onnx_file_says_what_the_model_says_of_any_number_of_records(toy: Any) -> None:
    net = toy.recipe.build({"width": 8, "outputs": 1}).eval()
    asked = Asked({"features": torch.randn(1, 8)}, {}, {})
    made = exported(toy.recipe, net, asked, {"width": 8})
    assert made.apart < 1e-5 and made.inputs == {"features": [1, 8]}
    many = np.random.default_rng(0).normal(size=(5, 8)).astype(np.float32)
    session = onnxruntime.InferenceSession(made.data, providers=["CPUExecutionProvider"])
    with torch.no_grad():
        expected = net(torch.from_numpy(many)).numpy()
    np.testing.assert_allclose(session.run(None, {"features": many})[0], expected, atol=1e-5)
    assert '"width": 8' in session.get_modelmeta().custom_metadata_map["medstation"]
    onnxruntime.InferenceSession(made.quick, providers=["CPUExecutionProvider"])
