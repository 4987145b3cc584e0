"""Records to label next: the least sure ones, unlike each other."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from medstation.api import Unavailable
from medstation.learning.features import decides_linearly, headless, last_layer
from medstation.learning.onlooker import unsureness
from medstation.learning.suggestions import Look, chosen


def test_a_certain_answer_is_not_unsure_and_an_even_one_wholly():
    assert unsureness(torch.tensor([[20.0, -20.0, 0.0]])) < 1e-6
    assert unsureness(torch.zeros(7, 4)) == pytest.approx(1)


def test_a_few_unsure_places_count_among_many_sure_ones():
    sure = torch.tensor([[20.0, -20.0]]).repeat(95, 1)
    assert unsureness(torch.cat([sure, torch.zeros(5, 2)])) == pytest.approx(1)


def test_the_least_sure_comes_first_and_then_what_is_unlike_it():
    alike = [Look(0.9 - number / 100, np.array([0.0, number / 1000])) for number in range(9)]
    other = Look(0.5, np.array([5.0, 5.0]))
    certain = [Look(0.01, np.array([-9.0, 9.0])) for _ in range(20)]
    places = chosen([*certain, *alike, other], 2)
    assert places == [20, 29]
    assert chosen([], 3) == [] and len(set(chosen(alike, 99))) == 9


def test_equal_records_are_each_named_once():
    assert sorted(chosen([Look(0.5, np.zeros(2))] * 4, 4)) == [0, 1, 2, 3]


def test_the_last_layer_is_the_one_that_computes_last_not_the_one_declared_last():
    class Crossed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.head, self.body = nn.Linear(3, 2), nn.Linear(4, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.head(self.body(x).relu())

    network = Crossed()
    assert last_layer(network, lambda: network(torch.zeros(1, 4))) == "head"
    with headless(network, "head") as layer:
        assert network(torch.zeros(5, 4)).shape == (5, 3) and layer.out_features == 2
    assert network(torch.zeros(5, 4)).shape == (5, 2)
    with pytest.raises(Unavailable, match="no layer"):
        last_layer(nn.ReLU(), lambda: None)


def test_a_layer_decides_linearly_where_it_looks_at_one_place():
    assert decides_linearly(nn.Linear(2, 2)) and decides_linearly(nn.Conv3d(4, 2, 1))
    assert not decides_linearly(nn.Conv3d(4, 2, 3)) and not decides_linearly(nn.LSTM(2, 2))
