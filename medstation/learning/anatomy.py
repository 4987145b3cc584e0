"""A network's layers in the order in which it computes, found out by letting it compute once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import nn

from medstation.learning.recipe import device_of
from medstation.learning.technique import Stage


@dataclass(frozen=True)
class Layer:
    """Modules that own parameters, by name, in the order of computing; `name` is the block that holds them."""

    name: str
    modules: tuple[str, ...]


@dataclass(frozen=True)
class Anatomy:
    """`layers` from the input to the head. `called` are modules that compute by being called, not by parts of them.

    Left out is what the loss does not depend on, and what the recipe itself has frozen.
    """

    layers: tuple[Layer, ...]
    called: frozenset[str]

    @property
    def head(self) -> Layer:
        return self.layers[-1]


def anatomy(network: nn.Module, stage: Stage) -> Anatomy:
    """The anatomy that the loss of an example batch shows. The network is as before, without gradients."""
    order: dict[str, int] = {}
    training = network.training
    network.eval()  # nothing is drawn by chance, and no norm counts the example
    with _noting(network, order), torch.backends.cudnn.flags(enabled=False):  # its LSTM can't learn in this mode
        torch.autograd.backward(example_loss(network, stage))
    found = {name: module for name, module in network.named_modules() if _learns(module)}
    network.zero_grad()
    network.train(training)
    ranked = sorted(found, key=lambda name: _place(name, order))
    called = frozenset(name for name in ranked if name in order)
    return Anatomy(tuple(_grouped(network, ranked, called)), called)


def example_loss(network: nn.Module, stage: Stage) -> torch.Tensor:
    """The recipe's loss of the example batch, wherever the network is."""
    device = device_of(network)
    return stage.recipe.loss(network, {name: tensor.to(device) for name, tensor in stage.example().items()})


def parameters_of(network: nn.Module, layers: tuple[Layer, ...]) -> set[str]:
    """The names of the layers' parameters."""
    owners = {name for layer in layers for name in layer.modules}
    return {name for name, _ in network.named_parameters() if name.rpartition(".")[0] in owners}


def learnt_whole(network: nn.Module, known: Anatomy, stage: Stage, count: int = 1) -> set[str]:
    """The parameters of the last `count` layers, and of any others that the base did not give but the loss needs."""
    needed = parameters_of(network, known.layers)
    return parameters_of(network, known.layers[-count:]) | (needed & set(stage.fresh))


def has_matrix(module: nn.Module) -> bool:
    """Whether it mixes numbers (a linear layer, a convolution), as norms and biases do not."""
    return any(parameter.ndim > 1 for parameter in module.parameters(recurse=False))


@contextmanager
def _noting(network: nn.Module, order: dict[str, int]) -> Iterator[None]:
    """While the block runs, each module's place in the order in which they are done first."""

    def note(name: str) -> Callable[..., None]:
        def done(*_: object) -> None:
            order.setdefault(name, len(order))

        return done

    hooks = [module.register_forward_hook(note(name)) for name, module in network.named_modules()]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _learns(module: nn.Module) -> bool:
    return any(parameter.grad is not None for parameter in module.parameters(recurse=False))


def _place(name: str, order: dict[str, int]) -> int:
    """When the module is done. One that only lends its weights stands where the module around it stands."""
    while name and name not in order:
        name = name.rpartition(".")[0]
    return order[name]


def _grouped(network: nn.Module, ranked: list[str], called: frozenset[str]) -> Iterator[Layer]:
    """Blocks (members of a list of modules) whole; else each matrix with the norms after it."""
    groups: dict[str, list[str]] = {}
    last = ""
    for name in ranked:
        key = _block(network, name)
        if key is None:
            joins = groups and (not _begins(network, name, groups[last][-1]) or name not in called)
            key = last if joins else name
        groups.setdefault(key, []).append(name)
        last = key
    return (Layer(key, tuple(names)) for key, names in groups.items())


def _begins(network: nn.Module, name: str, before: str) -> bool:
    """Whether a layer of its own begins here: tables of one input (words, their places) are one layer.

    Numbers that the whole network owns directly belong to what computes last.
    """
    module = network.get_submodule(name)
    both_tables = isinstance(module, nn.Embedding) and isinstance(network.get_submodule(before), nn.Embedding)
    return bool(name) and has_matrix(module) and not both_tables


def _block(network: nn.Module, name: str) -> str | None:
    """The outermost member of a list of modules that the module stands in."""
    parts = name.split(".")
    for depth in range(1, len(parts)):
        if isinstance(network.get_submodule(".".join(parts[:depth])), nn.ModuleList):
            return ".".join(parts[: depth + 1])
    return None
