"""Whether an explanation is true of the model: deletion and insertion curves (Petsiuk 2018), against random orders.

Parts are taken away, the most important first (deletion), and put back into nothing in the same order (insertion). Of a
good explanation the answer falls at once in the first and rises at once in the second: their areas lie far apart. A
random order is what an explanation that knows nothing would give.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import torch

from medstation.api import Json
from medstation.learning.explaining.question import Question

STEPS, ORDERS = 8, 10


@dataclass(frozen=True)
class Faithfulness:
    """Areas under the curves, about 0 to 1, and the mean of random orders; `gain` is insertion minus deletion.

    `chance` is the largest gain of the `orders` random orders: an explanation above it is better than chance, at a
    level of 1 in `orders` + 1. `removed` (share of the parts) goes with the curves.
    """

    deletion: float
    insertion: float
    random: float
    gain: float
    chance: float
    orders: int
    better: bool
    removed: tuple[float, ...]
    deletion_curve: tuple[float, ...]
    insertion_curve: tuple[float, ...]

    def json(self) -> Json:
        return asdict(self)

    @property
    def says(self) -> str:
        """One sentence for people."""
        numbers = f"insertion {self.insertion:.2f}, deletion {self.deletion:.2f}, by lot {self.random:.2f}"
        if self.better:
            return f"The marked parts matter to the model more than parts drawn by lot ({numbers})."
        return f"No better than parts drawn by lot ({numbers}): do not rely on this picture."


def faithfulness(
    question: Question, parts: torch.Tensor, report: Callable[[float], None], steps: int = STEPS, orders: int = ORDERS
) -> Faithfulness:
    """The check of importances `parts` (parts,). `report` gets the part done."""
    count = len(parts)
    importance = (parts * question.rises).numpy()
    order = np.argsort(-importance, kind="stable")
    cuts = np.unique(np.linspace(0, count, min(steps, count) + 1).round().astype(int))
    removed = tuple((cuts / count).tolist())
    down, up = _curve(question, order, cuts, False), _curve(question, order, cuts, True)
    rng = np.random.default_rng(0)
    areas = []
    for number in range(orders):
        report((number + 1) / (orders + 1))
        drawn = rng.permutation(count)
        areas.append([_area(removed, _curve(question, drawn, cuts, insert)) for insert in (False, True)])
    # An order turned around has the two areas swapped, so each drawn order stands for two.
    deletion, insertion = np.array(areas).T
    gain, chance = _area(removed, up) - _area(removed, down), float(np.abs(insertion - deletion).max())
    return Faithfulness(
        deletion=_area(removed, down),
        insertion=_area(removed, up),
        random=float(np.mean([deletion, insertion])),
        gain=gain,
        chance=chance,
        orders=2 * orders,
        better=gain > chance,
        removed=removed,
        deletion_curve=tuple(down),
        insertion_curve=tuple(up),
    )


def _curve(question: Question, order: np.ndarray, cuts: np.ndarray, insert: bool) -> list[float]:
    """What is left of the answer after the first parts of `order`, up to each cut, were put in or taken away."""
    kept = torch.full((len(cuts), len(order)), not insert)
    for row, cut in enumerate(cuts):
        kept[row, torch.from_numpy(order[:cut].copy())] = insert
    return [float(one) for one in question.shares(kept)]


def _area(removed: Sequence[float], curve: Sequence[float]) -> float:
    return float(np.trapezoid(curve, removed))
