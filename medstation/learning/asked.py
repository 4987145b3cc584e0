"""A record as a model is asked about it: what explanations and exports start from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch

from medstation.api import Json

NEVER = -1
"""In `Asked.units`: belongs to no part and always stays as it is (padding, special pieces)."""

_PARTS = {1: 24, 2: 8, 3: 5}
"""Parts per axis by number of axes: enough to point at something, few enough to take each away once."""


@dataclass(frozen=True)
class Asked:
    """One record as a batch, with nothing drawn by chance and without a label.

    `absent` holds the tensors that tell of the record (same names and shapes as in `batch`) as if it told nothing; the
    other tensors of `batch` are how it is read. `units` numbers, for each of these, the parts that are looked at
    together (int64 from 0, `NEVER` for none); several tensors may share parts.
    `decisions` (bool) says which of the recipe's outputs count, all if None. With `background`, class 0 is "nothing
    here", and what the model says of the rest is asked about. `names` are those of the classes, or of what is
    foretold. `place` is where the batch stands in the record.
    """

    batch: Mapping[str, torch.Tensor]
    absent: Mapping[str, torch.Tensor]
    units: Mapping[str, torch.Tensor]
    decisions: torch.Tensor | None = None
    background: bool = False
    names: Sequence[str] = ()
    place: Json = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many parts there are."""
        return 1 + max(int(one.max()) for one in self.units.values())


def blocks(shape: Sequence[int], per_axis: int = 0) -> torch.Tensor:
    """An array of `shape` cut into equal boxes, numbered from 0: int64. `per_axis` 0: by the number of axes."""
    wanted = per_axis or _PARTS[len(shape)]
    number = torch.zeros(tuple(shape), dtype=torch.int64)
    for axis, size in enumerate(shape):
        parts = min(wanted, size)
        along = torch.arange(size) * parts // size
        number = number * parts + along.reshape([-1 if one == axis else 1 for one in range(len(shape))])
    return number


def blurred(image: torch.Tensor, share: float = 0.25) -> torch.Tensor:
    """An image (batch, channel, axes...) without what can be seen in it: each value the mean of what is around it.

    `share` is the width of what is around, as a part of each axis. Three passes of a box come close to a Gaussian.
    """
    axes = range(2, image.ndim)
    for _ in range(3):
        for axis in axes:
            image = _box(image, axis, max(1, round(share * image.shape[axis] / 2)))
    return image


def _box(image: torch.Tensor, axis: int, reach: int) -> torch.Tensor:
    """The mean over `reach` places to both sides, fewer at the ends."""
    size = image.shape[axis]
    sums = torch.nn.functional.pad(image.movedim(axis, -1).cumsum(-1), (1, 0))
    first = (torch.arange(size) - reach).clamp(min=0)
    last = (torch.arange(size) + reach + 1).clamp(max=size)
    mean = (sums[..., last] - sums[..., first]) / (last - first)
    return mean.movedim(-1, axis)
