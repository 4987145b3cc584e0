"""One array of many slices: stored values are read straight into their place, and rescaled there."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import psutil

from medstation.api import BadInput, FileSource, Json, Refused, ReportProgress
from medstation_imaging.dicom_kinds import is_colour
from medstation_imaging.pixels import FrameReader, correct_bits, is_direct, read_direct, stored_type
from medstation_imaging.slices import Slice

DECODING_THREADS = 2
_AHEAD = 6
_REPORT_EVERY = 16

Faults = dict[int, str] | None
"""Where a slice that cannot be read is noted by its place; None: it is an error."""


class _OutOfRange(Exception):
    """A value does not fit the small integer type that was tried first."""


def filled(slices: Sequence[Slice], files: FileSource, report: ReportProgress, faults: Faults = None) -> np.ndarray:
    """(z, y, x) int16, uint8, uint16 or float32 in the modality's units, or RGB uint8 (z, y, x, 3)."""
    first = slices[0].facts
    shape = (len(slices), first["rows"], first["columns"])
    _need_memory(shape, 3 if is_colour(first) else 4)
    if is_colour(first):
        return _decode_all(np.empty((*shape, 3), np.uint8), slices, files, report, faults)
    kind = small_type(slices)
    if kind is not None:
        fill = _read_all if all(_lies_in_place(part.facts, kind) for part in slices) else _decode_all
        try:
            return fill(np.empty(shape, kind), slices, files, report, faults)
        except _OutOfRange:
            pass
    return _decode_all(np.empty(shape, np.float32), slices, files, report, faults)


def _need_memory(shape: tuple[int, int, int], voxel_bytes: int) -> None:
    """`Refused` before the machine begins to swap."""
    needed = shape[0] * shape[1] * shape[2] * voxel_bytes
    free = psutil.virtual_memory().available
    if needed > free:
        sizes = f"{needed / 2**30:.1f} GiB of memory, and {free / 2**30:.1f} GiB are free"
        raise Refused(f"{shape[0]} images of {shape[2]} x {shape[1]} need {sizes}", "Close other programs or records.")


def small_type(slices: Sequence[Slice]) -> np.dtype[Any] | None:
    """The integer type that the values most likely fit: the stored one, or int16 with a whole-numbered intercept."""
    kinds = {stored_type(part.facts) for part in slices}
    if len(kinds) != 1 or any(part.slope != 1 or part.facts.get("lut") for part in slices):
        return None
    kind = kinds.pop()
    if kind.kind == "f" or kind.itemsize > 2:
        return None
    if all(part.intercept == 0 for part in slices):
        return np.dtype(np.int16) if kind == np.int8 else kind
    whole = all(part.intercept == int(part.intercept) and abs(part.intercept) < 32768 for part in slices)
    return np.dtype(np.int16) if whole else None


def _lies_in_place(facts: Json, kind: np.dtype[Any]) -> bool:
    return is_direct(facts) and stored_type(facts).itemsize == kind.itemsize


def _read_all(
    array: np.ndarray, slices: Sequence[Slice], files: FileSource, report: ReportProgress, faults: Faults
) -> np.ndarray:
    """Uncompressed values: every slice is read into its place, with no copy in between."""
    for part in slices:
        target = array[part.place]
        stored = target.view(stored_type(part.facts))
        try:
            read_direct(files, part.index, part.facts, part.number, stored)
        except BadInput as error:
            _note(faults, part, error)
            target[...] = 0
            continue
        correct_bits(stored, part.facts)
        _shift(stored, target, part)
        _tell(report, part.place, len(slices))
    return array


def _decode_all(
    array: np.ndarray, slices: Sequence[Slice], files: FileSource, report: ReportProgress, faults: Faults
) -> np.ndarray:
    """Every slice read, decoded in a few threads, and rescaled into its place."""
    reader = FrameReader(files)
    for part, finish in _decoded(slices, reader):
        try:
            _place(finish(), array[part.place], part, reader)
        except BadInput as error:
            _note(faults, part, error)
            array[part.place] = 0
        _tell(report, part.place, len(slices))
    return array


def _note(faults: Faults, part: Slice, error: BadInput) -> None:
    if faults is None:
        raise error
    faults[part.place] = error.message


def _decoded(slices: Sequence[Slice], reader: FrameReader) -> Iterator[tuple[Slice, Callable[[], np.ndarray]]]:
    """Every slice with what gives its stored values: bytes are read here, decoders run a few slices ahead."""
    waiting: deque[tuple[Slice, Future[np.ndarray]]] = deque()
    with ThreadPoolExecutor(DECODING_THREADS) as pool:
        try:
            for part in slices:
                if len(waiting) >= _AHEAD:
                    done, future = waiting.popleft()
                    yield done, future.result
                waiting.append((part, pool.submit(_task(reader, part))))
            while waiting:
                done, future = waiting.popleft()
                yield done, future.result
        finally:
            for _, future in waiting:
                future.cancel()


def _task(reader: FrameReader, part: Slice) -> Callable[[], np.ndarray]:
    """A frame's decoding; where its bytes cannot be read, that error, raised when its turn comes."""
    try:
        return reader.task(part.index, part.number)
    except BadInput as error:
        fault = error

    def failed() -> np.ndarray:
        raise fault

    return failed


def _shift(stored: np.ndarray, target: np.ndarray, part: Slice) -> None:
    """In place: `stored` and `target` are the same bytes; as int16 `target` gets the intercept added."""
    if stored.dtype == target.dtype and part.intercept == 0:
        return
    offset = int(part.intercept)
    low, high = _limits(part.facts, stored.dtype)
    if max(high, high + offset) > 32767:
        high = int(stored.max())
    if low + offset < -32768:
        low = int(stored.min())
    if max(high, high + offset) > 32767 or low + offset < -32768:
        raise _OutOfRange
    target += np.int16(offset)


def _limits(facts: Json, kind: np.dtype[Any]) -> tuple[int, int]:
    """The lowest and highest value that the stored bits can hold."""
    cell = kind.itemsize * 8
    bits = facts.get("bits_stored", cell)
    bits = bits if 0 < bits < cell else cell
    return (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if kind.kind == "i" else (0, (1 << bits) - 1)


def _place(values: np.ndarray, target: np.ndarray, part: Slice, reader: FrameReader) -> None:
    """Stored values into `target` (y, x), rescaled; colours as they are."""
    if target.ndim == 3:
        target[...] = values
    elif part.facts.get("lut"):
        target[...] = reader.through_lut(part.index, values)
    elif target.dtype.kind == "f":
        np.multiply(values, np.float64(part.slope), out=target, casting="unsafe")
        target += np.float32(part.intercept)
    else:
        _add(values, int(part.intercept), target)


def _add(values: np.ndarray, offset: int, target: np.ndarray) -> None:
    limits = np.iinfo(target.dtype)
    if values.dtype != target.dtype or offset:
        low, high = int(values.min()) + offset, int(values.max()) + offset
        if low < limits.min or high > limits.max:
            raise _OutOfRange
    np.add(values, offset, out=target, dtype=np.int32, casting="unsafe")


def _tell(report: ReportProgress, place: int, count: int) -> None:
    if place % _REPORT_EVERY == 0 or place == count - 1:
        report((place + 1) / count, f"image {place + 1} of {count}")
