"""Several networks as one: the mean of what they say, loaded through the same door as any model."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from toy import ToyRecipe

from medstation.api import BadInput
from medstation.learning.ensemble import Ensemble, joined_config, joined_weights
from medstation.learning.network import ready
from medstation.learning.weights import pack

CONFIG = {"width": 8, "outputs": 3}


def networks(count: int) -> list[nn.Module]:
    return [ToyRecipe().build(CONFIG).eval() for _ in range(count)]


def test_the_mean_of_the_members_comes_out_of_the_one_door():
    members = networks(3)
    config = joined_config([{**CONFIG, "calibration": {"temperature": n}} for n in range(3)])
    weights = pack(joined_weights([one.state_dict() for one in members]))
    joined = ready(ToyRecipe().build(config), config, weights)
    given = torch.randn(5, 8)
    expected = torch.stack([one(given) for one in members]).mean(0)
    assert torch.allclose(joined.cpu()(given), expected, atol=1e-6)


def test_members_that_read_their_input_differently_are_not_joined():
    with pytest.raises(BadInput, match="member 2 was planned differently from the first: width"):
        joined_config([CONFIG, {**CONFIG, "width": 9}])
    with pytest.raises(BadInput, match="several models already"):
        joined_config([{**CONFIG, "changes": {"members": 2}}] * 2)


def test_answers_in_parts_are_joined_part_by_part():
    class Parts(nn.Module):
        def __init__(self, value: float) -> None:
            super().__init__()
            self.value = nn.Parameter(torch.tensor(value))

        def forward(self, given):
            return {"a": given * self.value, "b": (given + self.value, [self.value])}

    joined = Ensemble(Parts(1.0), 2)
    joined.members[1].value.data.fill_(3.0)
    told = joined(torch.ones(2))
    assert told["a"].tolist() == [2, 2] and told["b"][0].tolist() == [3, 3] and told["b"][1][0] == 2


def test_answers_without_a_mean_are_told():
    class Words(nn.Module):
        def forward(self, given):
            return "yes"

    with pytest.raises(BadInput, match="have no mean"):
        Ensemble(Words(), 2)(torch.ones(1))
