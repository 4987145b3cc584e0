"""What a network knows of a case just before it decides: the input of its last layer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from medstation.api import Unavailable
from medstation.learning.recipe import Batch, Recipe


def last_layer(network: nn.Module, run: Callable[[], object]) -> str:
    """The name of the layer with weights that computes last while `run` uses the network."""
    order: list[str] = []

    def note(name: str) -> Callable[..., None]:
        return lambda *_: order.append(name)

    layers = {name: module for name, module in network.named_modules() if name and _is_layer(module)}
    hooks = [module.register_forward_hook(note(name)) for name, module in layers.items()]
    try:
        run()
    finally:
        for hook in hooks:
            hook.remove()
    if not order:
        raise Unavailable(f"{type(network).__name__} has no layer with weights", "Choose another recipe.")
    return order[-1]


def _is_layer(module: nn.Module) -> bool:
    return not any(True for _ in module.children()) and any(True for _ in module.parameters(recurse=False))


def decides_linearly(layer: nn.Module) -> bool:
    """Whether the layer weighs each place's features alone: a linear layer, or a convolution one voxel wide."""
    if isinstance(layer, nn.Conv1d | nn.Conv2d | nn.Conv3d):
        return set(layer.kernel_size) == {1} and layer.groups == 1
    return isinstance(layer, nn.Linear)


@contextmanager
def headless(network: nn.Module, name: str) -> Iterator[nn.Module]:
    """The layer `name` taken out while the block runs, and given: what went into it then comes out in its place."""
    parent, _, own = name.rpartition(".")
    owner, layer = network.get_submodule(parent), network.get_submodule(name)
    setattr(owner, own, nn.Identity())
    try:
        yield layer
    finally:
        setattr(owner, own, layer)


def features(recipe: Recipe[Any], network: nn.Module, name: str, batch: Batch) -> torch.Tensor:
    """What goes into the layer `name` for every decision of `recipe.outputs`: (decisions, width).

    Right where the layer decides linearly, since averages over windows may stand on either side of such a layer.
    """
    with torch.no_grad(), headless(network, name):
        return recipe.outputs(network, batch)
