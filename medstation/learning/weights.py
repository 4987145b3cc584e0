"""Weights as the bytes of a safetensors file: numbers only, nothing in them can run."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import nn

from medstation.api import BadInput
from medstation.learning.compact import plain

State = dict[str, torch.Tensor]
"""Parameter name -> tensor, as `nn.Module.state_dict` gives it."""


def pack(state: Mapping[str, torch.Tensor]) -> bytes:
    """The tensors, on the CPU and in memory order, as a safetensors file."""
    return save(standing(state))


def unpack(data: bytes) -> State:
    """The tensors of a safetensors file, in full where it is compact; `BadInput` when the bytes are not one."""
    try:
        return plain(load(data))
    except SafetensorError as error:
        raise BadInput(
            f"the weights are not a whole safetensors file: {error}", "Import the model again from its source."
        ) from error


def standing(state: Mapping[str, torch.Tensor]) -> State:
    """A copy that training does not change: own memory, CPU, contiguous (safetensors allows no shared memory)."""
    return {name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in state.items()}


def load_matching(model: nn.Module, state: Mapping[str, torch.Tensor]) -> list[str]:
    """Fill `model` with the tensors of `state` that fit by name and shape; the names of those left as they were.

    The rest is what a base model for other classes cannot give: its head.
    """
    own = model.state_dict()
    fitting = {name: state[name] for name in own if name in state and state[name].shape == own[name].shape}
    model.load_state_dict(fitting, strict=False)
    return [name for name in own if name not in fitting]


def load_all(model: nn.Module, state: Mapping[str, torch.Tensor]) -> None:
    """Fill `model` with `state`; `BadInput` when a tensor is missing, left over or of another shape."""
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        raise BadInput(
            f"the weights do not fit the network: {error}", "Import the model again from its source."
        ) from error
