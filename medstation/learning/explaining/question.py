"""A model's answer about one record as a single number, which every method explains."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from medstation.api import BadInput, NotFound
from medstation.learning.asked import NEVER, Asked
from medstation.learning.recipe import Batch, Recipe, device_of

AT_ONCE = 1 << 18
"""Numbers of the record in one pass through the network."""
SAME = 1e-6
"""Below this the record moves the answer nowhere, and there is nothing to share out."""


class Question:
    """What `model` answers when it is asked about a record, and how that changes when parts of it are taken away.

    The answer is the mean score of the class that the model predicts, over all decisions that it predicts so (of
    words and voxels those that are something), or the mean of the values that it foresees.
    """

    def __init__(self, recipe: Recipe[Any], model: nn.Module, asked: Asked, target: str = "") -> None:
        self.recipe, self.model, self.asked = recipe, model, asked
        self.device = device_of(model)
        self.batch = self._placed(asked.batch)
        self.absent = {name: tensor.to(self.device) for name, tensor in asked.absent.items()}
        self.units = {name: tensor.to(self.device) for name, tensor in asked.units.items()}
        self.rows = len(next(iter(self.batch.values())))
        self._classes = recipe.decides == "classes"
        with torch.no_grad():
            said = recipe.outputs(model, self.batch).float()
        self.decided = self._decided(said, target)
        self.full = float(self._answer(said, self.decided))
        with torch.no_grad():
            self.empty = float(self.value({**self.batch, **self.absent}))
        if not self._classes and abs(self.full - self.empty) < SAME:
            raise BadInput("the record moves the model's answer nowhere", "There is nothing to explain here.")

    def _placed(self, batch: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        return {name: tensor.to(self.device) for name, tensor in batch.items()}

    def _decided(self, said: torch.Tensor, target: str) -> torch.Tensor:
        """Which class is asked about at each decision: int64, `NEVER` where none is."""
        counts = self.asked.decisions
        count = torch.ones(len(said), dtype=torch.bool) if counts is None else counts
        if not self._classes:
            return torch.where(count.to(said.device), 0, NEVER)
        best = said.argmax(1)
        asked = count.to(said.device)
        if target:
            return self._of(target, best, asked)
        if self.asked.background and bool((asked & (best > 0)).any()):
            asked = asked & (best > 0)
        return torch.where(asked, best, NEVER)

    def _of(self, target: str, best: torch.Tensor, asked: torch.Tensor) -> torch.Tensor:
        """The decisions that the model gives to the class named `target`; where there is none, all, as if it had."""
        names = list(self.asked.names)
        if target not in names:
            known = ", ".join(dict.fromkeys(names))
            raise NotFound(f"the model knows no {target!r}", f"It knows: {known}." if known else "Name nothing.")
        wanted = torch.tensor([place for place, name in enumerate(names) if name == target], device=best.device)
        mine = asked & torch.isin(best, wanted)
        if mine.any():
            return torch.where(mine, best, NEVER)
        return torch.where(asked, wanted[0], NEVER)

    @property
    def target(self) -> str:
        """What is asked about, in words: the classes by name, the most frequent first."""
        names = list(self.asked.names)
        if not self._classes:
            return names[0] if names else "the answer"
        found, often = torch.unique(self.decided[self.decided >= 0], return_counts=True)
        ranked = [int(one) for one in found[often.argsort(descending=True, stable=True)]]
        return ", ".join(dict.fromkeys(names[one] if one < len(names) else f"class {one}" for one in ranked))

    def _answer(self, said: torch.Tensor, decided: torch.Tensor) -> torch.Tensor:
        kept = decided >= 0
        if not self._classes:
            return said.reshape(len(kept), -1)[kept].mean()
        return said[kept].gather(1, decided[kept][:, None]).mean()

    def value(self, batch: Batch) -> torch.Tensor:
        """The answer, a scalar with gradients: a score before softmax, or a value."""
        return self._answer(self.recipe.outputs(self.model, batch).float(), self.decided)

    def answers(self, kept: torch.Tensor) -> torch.Tensor:
        """The answer with only some parts: `kept` (n, parts) bool gives (n,)."""
        return self._each(kept, lambda said: said)

    def shares(self, kept: torch.Tensor) -> torch.Tensor:
        """How much of the answer is left, about 0 to 1: the probability of the class, or the part of the way from what
        the model says of nothing to what it says of the record. `kept` (n, parts) bool gives (n,)."""
        if self._classes:
            return self._each(kept, lambda said: said.softmax(1))
        return (self._each(kept, lambda said: said) - self.empty) / (self.full - self.empty)

    def _each(self, kept: torch.Tensor, turned: Callable[[torch.Tensor], torch.Tensor]) -> torch.Tensor:
        """One question after the other; those about a single row of measured data many at once."""
        single = bool(self.recipe.inputs) and all(len(one) == 1 for one in self.batch.values())
        size = sum(one.numel() for one in self.absent.values())
        many = max(1, AT_ONCE // size) if single else 1
        found = []
        with torch.no_grad():
            for begin in range(0, len(kept), many):
                some = kept[begin : begin + many]
                batches = [self.keeping(row) for row in some]
                joined = {name: torch.cat([one[name] for one in batches]) for name in batches[0]}
                said = turned(self.recipe.outputs(self.model, joined).float())
                each = said.reshape(len(some), len(self.decided), *said.shape[1:])
                found += [self._answer(one, self.decided).cpu() for one in each]
        return torch.stack(found)

    @property
    def rises(self) -> float:
        """1, or -1 where a value is foretold below what the model says of nothing."""
        return -1.0 if not self._classes and self.full < self.empty else 1.0

    def keeping(self, kept: torch.Tensor) -> Batch:
        """The batch with only some parts: `kept` (parts,) bool."""
        batch = dict(self.batch)
        for name, units in self.units.items():
            there = kept.to(self.device)[units.clamp(min=0)] | (units == NEVER)
            batch[name] = torch.where(there, self.batch[name], self.absent[name])
        return batch

    def parts(self, values: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """The sum of `values` (in the grids of the inputs) over each part: (parts,)."""
        total = torch.zeros(self.asked.count)
        for name, array in values.items():
            units, numbers = self.units[name].cpu().flatten(), array.detach().cpu().float().flatten()
            inside = (units >= 0) & numbers.isfinite()
            total.index_add_(0, units[inside], numbers[inside])
        return total

    def spread(self, parts: torch.Tensor) -> dict[str, torch.Tensor]:
        """Values of the parts (parts,) in the grids of the inputs, each shared out evenly over its part."""
        sizes = torch.zeros(len(parts))
        for units in self.units.values():
            sizes += torch.bincount(units[units >= 0].cpu(), minlength=len(parts))
        even = parts.cpu() / sizes.clamp(min=1)
        return {
            name: torch.where(one.cpu() >= 0, even[one.cpu().clamp(min=0)], 0.0) for name, one in self.units.items()
        }
