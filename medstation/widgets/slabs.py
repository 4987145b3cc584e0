"""Sections of a large array along its last axis, where every voxel lies in another cache line. No Qt here.

Reading one such section touches as much memory as reading the 32 next to it, so they are copied together on a second
thread, turned so that each is contiguous; the sections around the one on screen are then at hand.
"""

from __future__ import annotations

from collections import OrderedDict
from concurrent.futures import Executor
from threading import Lock

import numpy as np
from numpy.typing import NDArray

WIDTH = 32
KEPT = 4
WORTH_IT = 32 << 20
"""Arrays below this many bytes are read directly: that takes less than a millisecond."""


class Sections:
    """Gives sections of an array (z, y, x) or (z, y, x, 3). `executor`: where slabs are made; None reads directly."""

    def __init__(self, array: NDArray[np.generic], executor: Executor | None = None) -> None:
        self.array = array
        self._executor = executor if array.nbytes >= WORTH_IT else None
        self._slabs: OrderedDict[int, NDArray[np.generic]] = OrderedDict()
        self._asked: set[int] = set()
        self._lock = Lock()

    def at(self, axis: int, index: int) -> NDArray[np.generic]:
        """The section at `index` of `axis`, the other axes in array order. Contiguous for the last axis."""
        if axis != 2:
            return self.array[index] if axis == 0 else self.array[:, index]
        slab = self._slab(index // WIDTH)
        return np.ascontiguousarray(self.array[:, :, index]) if slab is None else slab[index % WIDTH]

    def _slab(self, number: int) -> NDArray[np.generic] | None:
        if self._executor is None:
            return None
        last = (self.array.shape[2] - 1) // WIDTH
        for wanted in (number, min(number + 1, last), max(number - 1, 0)):
            self._ask(self._executor, wanted)
        with self._lock:
            if number in self._slabs:
                self._slabs.move_to_end(number)
            return self._slabs.get(number)

    def _ask(self, executor: Executor, number: int) -> None:
        with self._lock:
            if number in self._slabs or number in self._asked:
                return
            self._asked.add(number)
        executor.submit(self._make, number)

    def _make(self, number: int) -> None:
        part = self.array[:, :, number * WIDTH : (number + 1) * WIDTH]
        slab = np.empty((part.shape[2], *part.shape[:2], *part.shape[3:]), part.dtype)
        for z in range(part.shape[0]):  # by z: reads each row once, and lets other threads in between
            slab[:, z] = part[z].swapaxes(0, 1)
        with self._lock:
            self._asked.discard(number)
            self._slabs[number] = slab
            while len(self._slabs) > KEPT:
                self._slabs.popitem(last=False)
