"""Weights in less room: whole numbers of eight bits with a scale per row, or only those that are not zero.

In a safetensors file a tensor `name` then stands as `name::int8` and `name::scale`, or as `name::there` (a bit for each
number), `name::values` and `name::shape`. Whoever reads weights gets plain ones back.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

import numpy as np
import torch

from medstation.api import BadInput

MARK = "::"
INT8, SCALE, THERE, VALUES, SHAPE = (f"{MARK}{word}" for word in ("int8", "scale", "there", "values", "shape"))
LEAST = 512
"""Numbers that a tensor must have for a smaller form to be worth it."""
SPARSE = 0.2
"""The share of zeros from which only the others are kept."""
LEVELS = 127

State = dict[str, torch.Tensor]


def in_eight_bits(state: Mapping[str, torch.Tensor]) -> State:
    """Matrices, filters and tables with 255 levels per row (first axis), symmetric around 0; the rest as it is.

    A number is off by at most 1/254 of the largest in its row.
    """
    made: State = {}
    for name, tensor in state.items():
        if not _large(tensor):
            made[name] = tensor
            continue
        rows = tensor.float().reshape(len(tensor), -1)
        scale = (rows.abs().amax(1) / LEVELS).clamp(min=1e-12)
        made[name + INT8] = (rows / scale[:, None]).round().to(torch.int8).reshape(tensor.shape)
        made[name + SCALE] = scale
    return made


def without_zeros(state: Mapping[str, torch.Tensor]) -> State:
    """Matrices, filters and tables with many zeros as the numbers that are none; the rest as it is."""
    made: State = {}
    for name, tensor in state.items():
        there = tensor != 0
        if not _large(tensor) or float(there.float().mean()) > 1 - SPARSE:
            made[name] = tensor
            continue
        made[name + THERE] = torch.from_numpy(np.packbits(there.numpy().ravel()))
        made[name + VALUES] = tensor[there]
        made[name + SHAPE] = torch.tensor(tensor.shape)
    return made


def plain(state: Mapping[str, torch.Tensor]) -> State:
    """The tensors in full; `BadInput` where their parts do not fit each other."""
    made: State = {}
    for name, tensor in state.items():
        base, mark, kind = name.rpartition(MARK)
        if not mark:
            made[name] = tensor
        elif mark + kind == INT8:
            made[base] = _scaled(base, tensor, _part(state, base + SCALE))
        elif mark + kind == THERE:
            made[base] = _filled(base, tensor, _part(state, base + VALUES), _part(state, base + SHAPE))
    return made


def _large(tensor: torch.Tensor) -> bool:
    return tensor.is_floating_point() and tensor.ndim > 1 and tensor.numel() >= LEAST


def _part(state: Mapping[str, torch.Tensor], name: str) -> torch.Tensor:
    if name not in state:
        raise _unfit(name)
    return state[name]


def _scaled(name: str, numbers: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
    if scale.shape != numbers.shape[:1] or numbers.dtype != torch.int8:
        raise _unfit(name)
    return numbers.float() * scale.reshape(-1, *[1] * (numbers.ndim - 1))


def _filled(name: str, there: torch.Tensor, values: torch.Tensor, shape: torch.Tensor) -> torch.Tensor:
    sizes = shape.tolist()
    count = prod(sizes)
    if there.dtype != torch.uint8 or min(sizes, default=-1) < 0 or len(there) != -(-count // 8):
        raise _unfit(name)
    places = torch.from_numpy(np.unpackbits(there.numpy(), count=count).astype(bool))
    if int(places.sum()) != len(values):
        raise _unfit(name)
    full = torch.zeros(count, dtype=values.dtype)
    full[places] = values
    return full.reshape(sizes)


def _unfit(name: str) -> BadInput:
    return BadInput(f"the compressed weights of {name} do not fit together", "Import the model again from its source.")
