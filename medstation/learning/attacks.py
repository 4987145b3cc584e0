"""Changes of the input that make a model wrong: found along the gradient, within a box around what was measured.

One step is FGSM (Goodfellow et al. 2015, with the random start of Wong et al. 2020), several are PGD (Madry et al.
2018). Where the input is no numbers but ids, the vectors that embeddings give for them are changed instead (Miyato et
al. 2017).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from medstation.learning.recipe import Batch, Recipe

Within = Callable[[nn.Module, Batch], torch.Tensor]

_STRIDE = 2.5
"""All steps together reach this many times the box's half side, so that its edge is reached from any start."""
_FIRST_STRIDE = 1.25
"""The same for a single step."""


class Shift:
    """A change of some numbers, each by at most `size` standard deviations of all of them. It starts by chance."""

    def __init__(self, size: float) -> None:
        self._size = size
        self._found: dict[int, torch.Tensor] = {}
        self._reach: dict[int, float] = {}

    def of(self, key: int, values: torch.Tensor) -> torch.Tensor:
        """`values` (float), changed; what is no number stays so. The chance is torch's own generator."""
        if key not in self._found:
            known = values.detach()[values.detach().isfinite()]
            self._reach[key] = self._size * float(known.float().std(correction=0)) if known.numel() else 0.0
            start = torch.rand_like(values, memory_format=torch.contiguous_format) * 2 - 1
            self._found[key] = (start * self._reach[key]).requires_grad_()
        return values + self._found[key]

    def climb(self, loss: torch.Tensor, stride: float) -> None:
        """Move every number by `stride` half sides of the box in the direction in which the loss grows."""
        slopes = torch.autograd.grad(loss, list(self._found.values()), allow_unused=True)
        for (key, now), slope in zip(self._found.items(), slopes, strict=True):
            reach = self._reach[key]
            step = torch.zeros_like(now) if slope is None else slope.nan_to_num().sign() * (stride * reach)
            self._found[key] = (now.detach() + step).clamp(-reach, reach).requires_grad_()

    def settle(self) -> None:
        """No more climbing: the change is as it is."""
        self._found = {key: now.detach() for key, now in self._found.items()}


@contextmanager
def shifted(recipe: Recipe[Any], model: nn.Module, shift: Shift) -> Iterator[Callable[[Batch], Batch]]:
    """Gives a function: the batch to compute with, so that its input (or the embeddings' vectors) is shifted."""
    name = recipe.inputs
    if name:
        yield lambda batch: {**batch, name: shift.of(0, batch[name])}
        return
    tables = [module for module in model.modules() if isinstance(module, nn.Embedding)]
    hooks = [
        table.register_forward_hook(lambda _, __, out, key=key: shift.of(key, out)) for key, table in enumerate(tables)
    ]
    try:
        yield lambda batch: batch
    finally:
        for hook in hooks:
            hook.remove()


def can_be_attacked(recipe: Recipe[Any], model: nn.Module) -> bool:
    """Whether there is an input or an embedding that could be changed."""
    return bool(recipe.inputs) or any(isinstance(module, nn.Embedding) for module in model.modules())


def under_attack(
    recipe: Recipe[Any], model: nn.Module, batch: Batch, attack: tuple[float, int], loss_of: Within, ask: Within
) -> torch.Tensor:
    """What `ask` says of the batch with the change that raises `loss_of` most; `attack` is (size, steps).

    Weights get no gradient from the search, and what `ask` gives has one towards the weights alone.
    """
    size, steps = attack
    shift = Shift(size)
    with shifted(recipe, model, shift) as changed:
        with torch.enable_grad():
            for _ in range(steps):
                shift.climb(loss_of(model, changed(batch)), _STRIDE / steps if steps > 1 else _FIRST_STRIDE)
        shift.settle()
        return ask(model, changed(batch))
