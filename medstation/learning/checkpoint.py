"""A run's state as one safetensors byte string: tensors as tensors, everything else as JSON. No pickle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from safetensors.torch import save
from torch.optim import Optimizer

from medstation.api import BadInput, Json
from medstation.learning.weights import State, standing, unpack

FORMAT = 1


def pack_state(groups: Mapping[str, Mapping[str, torch.Tensor]], config: Json, facts: Json) -> bytes:
    """`groups` of named tensors (group names without "/") and JSON facts, as one safetensors file."""
    flat = {f"{group}/{name}": tensor for group, tensors in groups.items() for name, tensor in tensors.items()}
    return save(standing(flat), metadata={"checkpoint": json.dumps({"format": FORMAT, "config": config, **facts})})


@dataclass(frozen=True)
class Saved:
    """A checkpoint as it was read: tensors by group, the model's config, and the other facts."""

    groups: dict[str, State]
    config: Json
    facts: Json


def unpack_state(data: bytes) -> Saved:
    """What `pack_state` packed. `BadInput` when the bytes are damaged or of another version."""
    groups: dict[str, State] = {}
    for name, tensor in unpack(data).items():
        group, _, rest = name.partition("/")
        groups.setdefault(group, {})[rest] = tensor
    facts = _metadata(data)
    if facts.get("format") != FORMAT:
        raise BadInput("the checkpoint was written by another version", "Start the run again.")
    return Saved(groups, facts["config"], facts)


def _metadata(data: bytes) -> Json:
    """The JSON at the head of a safetensors file: 8 bytes of length, then the header (see its format page)."""
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    facts: Json = json.loads(header.get("__metadata__", {}).get("checkpoint", "{}"))
    return facts


def optimizer_tensors(optimizer: Optimizer) -> State:
    """The optimizer's state, named "<index of the parameter>/<name>"."""
    state: dict[int, dict[str, Any]] = optimizer.state_dict()["state"]
    return {f"{index}/{name}": value for index, values in state.items() for name, value in values.items()}


def restore_optimizer(optimizer: Optimizer, tensors: State) -> None:
    """Put the state back, in each parameter's own memory layout, so that the next step is equal to the last bit."""
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    for name, tensor in tensors.items():
        index, _, key = name.partition("/")
        parameter = parameters[int(index)]
        same = tensor.shape == parameter.shape
        if tensor.ndim and not same:  # the optimizer does not look, and would write beyond its memory
            raise BadInput(f"the checkpoint's {key} is for another network", "Start the run again.")
        optimizer.state[parameter][key] = torch.empty_like(parameter).copy_(tensor) if same else tensor
