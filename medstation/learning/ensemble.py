"""Several networks as one: it answers with the mean of what its members answer."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import torch
from torch import nn

from medstation.api import BadInput, Json
from medstation.learning.weights import State

MEMBERS = "members"
"""In a config's "changes": how many networks there are."""


class Ensemble(nn.Module):
    """Networks of one structure. Where they disagree, the mean of their scores is less sure than each alone."""

    def __init__(self, network: nn.Module, count: int) -> None:
        super().__init__()
        self.members = nn.ModuleList([network, *(deepcopy(network) for _ in range(count - 1))])

    def forward(self, *given: Any, **named: Any) -> Any:
        return _mean([member(*given, **named) for member in self.members])


def _mean(answers: Sequence[Any]) -> Any:
    first = answers[0]
    if isinstance(first, torch.Tensor):
        return torch.stack(list(answers)).mean(0)
    if isinstance(first, dict):
        return {name: _mean([answer[name] for answer in answers]) for name in first}
    if isinstance(first, list | tuple):
        return type(first)(_mean(parts) for parts in zip(*answers, strict=True))
    raise BadInput(
        f"answers of the kind {type(first).__name__} have no mean", "Models of this recipe cannot be joined."
    )


def joined_weights(states: Sequence[State]) -> State:
    """The members' weights under the names that `Ensemble` gives them."""
    return {
        f"{MEMBERS}.{number}.{name}": tensor for number, state in enumerate(states) for name, tensor in state.items()
    }


def joined_config(configs: Sequence[Json]) -> Json:
    """The config of the ensemble; `BadInput` where the members read their input or name their classes differently."""
    plain = [{name: value for name, value in config.items() if name != "calibration"} for config in configs]
    for number, config in enumerate(plain[1:], start=2):
        differing = sorted(name for name in {*plain[0], *config} if plain[0].get(name) != config.get(name))
        if differing:
            raise BadInput(
                f"member {number} was planned differently from the first: {', '.join(differing[:5])}",
                "Join runs over the same data set with the same settings and other seeds, or from the same base.",
            )
    if MEMBERS in plain[0].get("changes", {}):
        raise BadInput("a member is several models already", "Join its members instead.")
    return {**plain[0], "changes": {**plain[0].get("changes", {}), MEMBERS: len(configs)}}
