"""Where a run stands: epochs done, the best one, and how long nothing got better."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field, fields

from medstation.api import Json
from medstation.learning.weights import State


@dataclass
class Course:
    """What of a run's progress must survive an interruption, besides weights and optimizer.

    `value` is the deciding metric on the validation cases (None without any); `best` holds the best epoch's weights.
    `pieces` is in how many parts a batch is computed, more than one where memory ran out.
    """

    higher_is_better: bool = True
    epoch: int = 0
    best_epoch: int = 0
    best_value: float | None = None
    stale: int = 0
    pieces: int = 1
    minutes: float = 0.0
    history: list[Json] = field(default_factory=list)
    before: dict[str, dict[str, float]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    best: State = field(default_factory=dict)

    def closed_epoch(self, epoch: int, value: float | None, weights: State, record: Json) -> None:
        """Note the end of `epoch`. Without validation the newest weights count as the best."""
        self.epoch = epoch
        self.history.append(record)
        self.stale += 1
        if value is None or self._is_better(value):
            self.best_epoch, self.best_value, self.best, self.stale = epoch, value, weights, 0

    def _is_better(self, value: float) -> bool:
        if math.isnan(value):
            return False
        if self.best_value is None:
            return True
        return value > self.best_value if self.higher_is_better else value < self.best_value

    def is_stale(self, patience: int) -> bool:
        return 0 < patience <= self.stale

    def to_json(self) -> Json:
        """Everything but the best weights, which are tensors."""
        return {key: value for key, value in asdict(_without_tensors(self)).items() if key != "best"}


def course_from_json(data: Json, best: State) -> Course:
    known = {one.name for one in fields(Course)} - {"best"}
    return Course(**{key: value for key, value in data.items() if key in known}, best=best)


def _without_tensors(course: Course) -> Course:
    return Course(**{one.name: getattr(course, one.name) for one in fields(Course) if one.name != "best"})
