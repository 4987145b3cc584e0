"""A pool that leaves nothing behind."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import psutil
import pytest

from medstation.jobs import Pool


@pytest.fixture
def make_pool() -> Iterator[Callable[..., Pool]]:
    """Makes pools that are closed at the end; then no thread and no process of them is left."""
    threads = set(threading.enumerate())
    processes = set(psutil.Process().children(recursive=True))
    pools: list[Pool] = []

    def make(*arguments: object, **options: object) -> Pool:
        pools.append(Pool(*(arguments or (None, None)), **options))  # type: ignore[arg-type]
        return pools[-1]

    yield make
    for pool in pools:
        pool.close()
    assert set(threading.enumerate()) - threads == set()
    assert set(psutil.Process().children(recursive=True)) - processes == set()


@pytest.fixture
def pool(make_pool: Callable[..., Pool]) -> Pool:
    return make_pool()
