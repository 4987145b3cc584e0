"""What of a network learns: chosen, told, and as a small state of its own."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import torch
from torch import nn

from medstation.api import BadInput
from medstation.learning.technique import Stage
from medstation.learning.weights import State, standing


def only(network: nn.Module, names: Collection[str]) -> None:
    """Freeze every parameter but these; what was frozen stays so."""
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(parameter.requires_grad and name in names)


def rest_frozen_norms(network: nn.Module) -> None:
    """Norms that don't learn keep the mean and deviation of the base too, instead of the batch's."""
    for module in network.modules():
        norm = isinstance(module, nn.modules.batchnorm._NormBase)
        if norm and not any(one.requires_grad for one in module.parameters(recurse=False)):
            module.eval()


def starts_from_base(stage: Stage, trained: str) -> None:
    """`BadInput` where there is nothing learnt that could be kept."""
    if stage.request.base is None:
        raise BadInput(
            f"trained={trained} keeps most of a base model, and none was chosen",
            "Choose a model to start from, or set trained=all.",
        )


def share(network: nn.Module) -> str:
    """How much learns, as a sentence."""
    counts = [(one.numel(), one.requires_grad) for one in network.parameters()]
    every, learnt = sum(count for count, _ in counts), sum(count for count, learns in counts if learns)
    return f"{learnt:,} of {every:,} weights learn ({100 * learnt / every:.2g} %)."


def adapter_state(network: nn.Module) -> State:
    """Copies of what is trained alone: parameters that learn, and what the norms among them counted."""
    return standing(dict(_trained(network)))


def load_adapter_state(network: nn.Module, state: Mapping[str, torch.Tensor]) -> None:
    """Put the state of `adapter_state` into a network of the same form.

    `BadInput` names a tensor that is missing, left over, of another shape, or holds no numbers; the network is then as
    it was.
    """
    own = dict(_trained(network))
    if strange := sorted(set(own) ^ set(state)):
        raise BadInput(f"the trained part does not fit: {strange[0]!r} is on one side only", _ASK)
    for name, tensor in state.items():
        if tensor.shape != own[name].shape:
            raise BadInput(f"{name!r} has the shape {tuple(tensor.shape)}, not {tuple(own[name].shape)}", _ASK)
        if not bool(tensor.isfinite().all()):
            raise BadInput(f"{name!r} holds values that are no numbers", _ASK)
    with torch.no_grad():
        for name, tensor in state.items():
            own[name].copy_(tensor)


_ASK = "Train it with the same recipe, base and settings."


def _trained(network: nn.Module) -> Iterator[tuple[str, torch.Tensor]]:
    for prefix, module in network.named_modules():
        learnt = [(name, one) for name, one in module.named_parameters(recurse=False) if one.requires_grad]
        counted = list(module.named_buffers(recurse=False)) if learnt else []
        for name, tensor in (*learnt, *counted):
            yield f"{prefix}.{name}" if prefix else name, tensor
