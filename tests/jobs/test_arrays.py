"""Arrays come over whole, and their memory goes with the last of them."""

from __future__ import annotations

import gc
import io
import os
import signal
import socket
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from medstation.api import WorkerDied
from medstation.jobs import Pool, Reported, memory

plain = npst.arrays(
    st.one_of(npst.integer_dtypes(endianness="="), npst.floating_dtypes(endianness="="), npst.boolean_dtypes()),
    npst.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5),
)
some = st.dictionaries(st.text(max_size=5), plain, max_size=4)


def mapped() -> int:
    """Blocks of ours in this process's memory map."""
    return Path("/proc/self/maps").read_text().count("medstation-arrays")


def named_shared_memory() -> set[str]:
    return {path.name for path in Path("/dev/shm").iterdir()}


def assert_same(given: dict[str, np.ndarray], arrived: dict[str, np.ndarray]) -> None:
    assert list(arrived) == list(given)
    for name, array in given.items():
        assert arrived[name].dtype == array.dtype
        assert arrived[name].shape == array.shape
        assert arrived[name].tobytes() == array.tobytes()  # NaN payloads too
        assert arrived[name].flags.c_contiguous and arrived[name].flags.writeable


@given(some)
@settings(max_examples=50, deadline=None)
def test_any_arrays_come_over_the_pipe_whole(arrays: dict[str, np.ndarray]) -> None:
    stream = io.BytesIO()
    described = memory.describe(arrays)
    memory.write_piped(arrays, described, stream)
    stream.seek(0)
    assert_same(arrays, memory.read_piped(described, stream))
    assert stream.read() == b""


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="memfd is Linux's")
@given(some)
@settings(max_examples=50, deadline=None)
def test_any_arrays_come_through_shared_memory_whole(arrays: dict[str, np.ndarray]) -> None:
    here, there = socket.socketpair()
    with here, there:
        described = memory.describe(arrays)
        memory.write_shared(arrays, described, there)
        assert_same(arrays, memory.read_shared(described, here))


def test_a_cut_pipe_is_an_error_not_half_an_array() -> None:
    arrays = {"a": np.ones(1000)}
    stream = io.BytesIO()
    memory.write_piped(arrays, memory.describe(arrays), stream)
    with pytest.raises(EOFError):
        memory.read_piped(memory.describe(arrays), io.BytesIO(stream.getvalue()[:-100]))


def test_a_workers_arrays_arrive_and_leave_nothing_behind(pool: Pool) -> None:
    before = named_shared_memory()
    arrays = pool.submit("job_targets:arrays", {}).result().arrays
    volume = np.arange(60 * 64 * 64, dtype=np.int16).reshape(60, 64, 64)
    np.testing.assert_array_equal(arrays["volume"], volume)
    np.testing.assert_array_equal(arrays["turned"], volume.T)
    np.testing.assert_array_equal(arrays["mask"], volume % 2 == 0)
    assert arrays["empty"].shape == (0, 3)
    assert arrays["one"] == 2.5
    assert named_shared_memory() == before
    assert mapped() >= 1
    one = arrays["one"]
    del arrays
    gc.collect()
    assert mapped() >= 1 and one == 2.5
    del one
    gc.collect()
    assert mapped() == 0


def test_a_worker_that_dies_leaves_no_shared_memory(pool: Pool) -> None:
    before = named_shared_memory()
    job = pool.submit("job_targets:wait_politely", {})
    pid = next(message.event["pid"] for message in job.messages() if isinstance(message, Reported))
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(WorkerDied):
        job.result()
    assert named_shared_memory() == before
    assert mapped() == 0
