"""Large arrays from the worker to its parent, without a file and without a name.

On Linux they lie in anonymous shared memory (memfd) whose descriptor is handed over a socket pair: it has no name that
could be left behind, so it is gone with the last process that holds it, whichever dies and however. Docker's 64 MB
limit of /dev/shm does not touch it. Elsewhere the bytes follow the message on the pipe.
"""

from __future__ import annotations

import math
import mmap
import os
import socket
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, BinaryIO

from medstation.api import Json

if TYPE_CHECKING:
    import numpy as np

ALIGNMENT = 64
"""Bytes; wide enough for every vector instruction."""
CHUNK = 1 << 30


def describe(arrays: Mapping[str, np.ndarray]) -> list[Json]:
    """Name, dtype, shape and offset (bytes) of each array in one block of memory."""
    described: list[Json] = []
    offset = 0
    for name, array in arrays.items():
        if array.dtype.hasobject or array.dtype.names:
            raise TypeError(f"array {name!r} has dtype {array.dtype}; only plain numbers can be handed over")
        described.append({"name": name, "dtype": array.dtype.str, "shape": list(array.shape), "offset": offset})
        offset += -(-array.nbytes // ALIGNMENT) * ALIGNMENT
    return described


def write_shared(arrays: Mapping[str, np.ndarray], described: list[Json], link: socket.socket) -> None:
    """Put the arrays into new anonymous memory and hand its descriptor over `link`."""
    descriptor = os.memfd_create("medstation-arrays", os.MFD_CLOEXEC)
    try:
        os.ftruncate(descriptor, _size(described))
        for place in described:
            _write_at(descriptor, place["offset"], _bytes(arrays[place["name"]]))
        socket.send_fds(link, [b"a"], [descriptor])
    finally:
        os.close(descriptor)


def read_shared(described: list[Json], link: socket.socket) -> dict[str, np.ndarray]:
    """The arrays, mapped, not copied; the memory goes back when the last array on it is dropped."""
    _, descriptors, _, _ = socket.recv_fds(link, 1, 1)
    if not descriptors:
        raise EOFError("the worker ended before its arrays were handed over")
    try:
        block = mmap.mmap(descriptors[0], _size(described))
    finally:
        os.close(descriptors[0])
    return _arrays(described, block)


def write_piped(arrays: Mapping[str, np.ndarray], described: list[Json], stream: BinaryIO) -> None:
    """The arrays' bytes, padded as described, after the message that describes them."""
    for place in described:
        data = _bytes(arrays[place["name"]])
        write_all(stream, data)
        write_all(stream, memoryview(bytes(-data.nbytes % ALIGNMENT)))


def read_piped(described: list[Json], stream: BinaryIO) -> dict[str, np.ndarray]:
    block = bytearray(_size(described))
    view, filled = memoryview(block), 0
    while filled < _content(described):
        count = stream.readinto(view[filled : _content(described)])  # type: ignore[attr-defined]
        if not count:
            raise EOFError("the worker ended before its arrays were handed over")
        filled += count
    return _arrays(described, block)


def write_all(stream: BinaryIO, data: memoryview) -> None:
    """`data` whole to an unbuffered stream, which may take it in parts."""
    while data.nbytes:
        data = data[stream.write(data[:CHUNK]) :]


def _write_at(descriptor: int, offset: int, data: memoryview) -> None:
    while data.nbytes:
        count = os.pwrite(descriptor, data[:CHUNK], offset)
        data, offset = data[count:], offset + count


def _bytes(array: np.ndarray) -> memoryview:
    import numpy as np

    return memoryview(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)


def _arrays(described: list[Json], block: Any) -> dict[str, np.ndarray]:
    import numpy as np

    arrays: dict[str, np.ndarray] = {}
    for place in described:
        shape = tuple(place["shape"])
        flat = np.frombuffer(block, np.dtype(place["dtype"]), math.prod(shape), place["offset"])
        arrays[place["name"]] = flat.reshape(shape)
    return arrays


def _content(described: list[Json]) -> int:
    import numpy as np

    if not described:
        return 0
    last = described[-1]
    size: int = math.prod(last["shape"]) * np.dtype(last["dtype"]).itemsize
    return int(last["offset"]) + -(-size // ALIGNMENT) * ALIGNMENT


def _size(described: list[Json]) -> int:
    return max(_content(described), ALIGNMENT)
