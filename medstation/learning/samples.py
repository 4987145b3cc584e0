"""Cases made ready, kept in memory up to a bound; the one used longest ago goes first."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic

import psutil

from medstation.api import Case, Json, Workbench
from medstation.learning.recipe import Recipe, Sample

SHARE_OF_MEMORY = 0.4
"""Of the memory that is free when a run begins."""


class Samples(Generic[Sample]):
    """`samples[case]` is the case made ready from what `bench` lends; read again only if it had to give way."""

    def __init__(self, recipe: Recipe[Sample], config: Json, bench: Workbench, limit: int | None = None) -> None:
        self._recipe = recipe
        self._config = config
        self.bench = bench
        self._limit = limit if limit is not None else int(psutil.virtual_memory().available * SHARE_OF_MEMORY)
        self._kept: OrderedDict[str, Sample] = OrderedDict()
        self._held = 0
        self._largest = 0

    @property
    def full(self) -> bool:
        """True when the next sample would probably push another one out."""
        return self._held + self._largest > self._limit

    def __getitem__(self, case: Case) -> Sample:
        key = case.record.id
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        sample = self._recipe.prepare(case, self._config, self.bench)
        self._keep(key, sample)
        return sample

    def _keep(self, key: str, sample: Sample) -> None:
        size = self._recipe.size(sample)
        self._largest = max(self._largest, size)
        if size > self._limit:
            return
        while self._held + size > self._limit:
            _, oldest = self._kept.popitem(last=False)
            self._held -= self._recipe.size(oldest)
        self._kept[key] = sample
        self._held += size
