"""Where a record enters a network as numbers: what methods that follow gradients begin with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.utils.hooks import RemovableHandle

from medstation.api import Unavailable
from medstation.learning.explaining.question import Question
from medstation.learning.recipe import Batch

Tensors = tuple[torch.Tensor, ...]


class Doors:
    """Where a record enters the network as numbers: measured data itself, and the vectors of its ids.

    A door is an input of floating point, or an `nn.Embedding` that reads one of the inputs.
    """

    def __init__(self, question: Question) -> None:
        self._question = question
        self._floats = [name for name, one in question.absent.items() if one.is_floating_point()]
        self._tables = [] if self._floats else _tables(question)
        if not self._floats and not self._tables:
            raise Unavailable("the record enters this network nowhere as numbers", "Use occlusion instead.")

    def names(self) -> list[str]:
        """The input behind each door."""
        return self._floats or [name for name, _ in self._tables]

    def read(self, batch: Batch) -> Tensors:
        """What stands at each door when the model reads `batch`: (grid...) or (grid..., vector)."""
        if self._floats:
            return tuple(batch[name] for name in self._floats)
        return tuple(table(batch[name]).detach() for name, table in self._tables)

    def value(self, numbers: Sequence[torch.Tensor]) -> torch.Tensor:
        """The answer with `numbers` put in at the doors: (1,)."""
        question = self._question
        if self._floats:
            return question.value({**question.batch, **dict(zip(self._floats, numbers, strict=True))}).reshape(1)
        handles = [_put(table, given) for (_, table), given in zip(self._tables, numbers, strict=True)]
        try:
            return question.value(question.batch).reshape(1)
        finally:
            for handle in handles:
                handle.remove()

    def summed(self, numbers: Sequence[torch.Tensor]) -> dict[str, torch.Tensor]:
        """Values at the doors in the grids of the inputs: vectors are summed."""
        if self._floats:
            return dict(zip(self._floats, numbers, strict=True))
        return {name: given.sum(-1) for (name, _), given in zip(self._tables, numbers, strict=True)}


def _put(table: nn.Embedding, given: torch.Tensor) -> RemovableHandle:
    return table.register_forward_hook(lambda module, inputs, out: given)


def _tables(question: Question) -> list[tuple[str, nn.Embedding]]:
    """The embeddings that read an input of the question, with its name."""
    found: list[tuple[str, nn.Embedding]] = []

    def look(module: nn.Module, inputs: tuple[Any, ...], out: object) -> None:
        for name in question.absent:
            if isinstance(module, nn.Embedding) and _same(inputs[0], question.batch[name]):
                found.append((name, module))

    handles = [one.register_forward_hook(look) for one in question.model.modules() if isinstance(one, nn.Embedding)]
    try:
        with torch.no_grad():
            question.value(question.batch)
    finally:
        for handle in handles:
            handle.remove()
    return found


def _same(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Whether two tensors are the same memory."""
    return one.data_ptr() == other.data_ptr() and one.shape == other.shape
