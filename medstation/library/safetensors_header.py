"""A look at a safetensors file without loading it: is it one, whole and tight, and how many parameters has it.

Format: https://huggingface.co/docs/safetensors: 8 bytes little-endian length of a JSON header, the header, the data.
"""

from __future__ import annotations

import json
import math
from typing import Any

from medstation.api import Refused

_LONGEST_HEADER = 100_000_000
_BESIDE = ("__metadata__", "::scale", "::there", "::shape")
"""What is no value, or only tells how compact weights are stored (`medstation.learning.compact`)."""
_BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "U16": 16, "I16": 16, "F16": 16, "BF16": 16,
    "U32": 32, "I32": 32, "F32": 32, "U64": 64, "I64": 64, "F64": 64, "C64": 64,
}  # fmt: skip


def count_parameters(data: bytes) -> int:
    """Values in all tensors, but for those that only tell how others are stored.

    `Refused` when `data` is not a sound safetensors file.
    """
    try:
        header, body = _header(data)
        spans = sorted(_span(name, tensor) for name, tensor in header.items() if name != "__metadata__")
        end = 0
        for start, stop, _ in spans:
            if start != end:
                raise ValueError("tensors overlap or leave gaps")
            end = stop
        if end != body:
            raise ValueError(f"{body} bytes of data where the header describes {end}")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Refused(
            f"the weights are not a sound safetensors file ({error})",
            "MedStation takes weights as safetensors only: other formats can carry code.",
        ) from error
    return sum(math.prod(header[name]["shape"]) for name in header if not name.endswith(_BESIDE))


def _header(data: bytes) -> tuple[dict[str, Any], int]:
    if len(data) < 8:
        raise ValueError("too short")
    length = int.from_bytes(data[:8], "little")
    if length > min(_LONGEST_HEADER, len(data) - 8):
        raise ValueError("the header is longer than the file")
    header = json.loads(data[8 : 8 + length].decode(), object_pairs_hook=_no_duplicates)
    if not isinstance(header, dict):
        raise ValueError("the header is not an object")
    return header, len(data) - 8 - length


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a name occurs twice")
    return dict(pairs)


def _span(name: str, tensor: dict[str, Any]) -> tuple[int, int, int]:
    """(start, stop, values) of one tensor."""
    shape, (start, stop) = tensor["shape"], tensor["data_offsets"]
    if not all(type(number) is int and number >= 0 for number in (*shape, start, stop)):
        raise ValueError(f"{name} has an impossible shape or place")
    count = math.prod(shape)
    if tensor["dtype"] not in _BITS or (stop - start) * 8 != count * _BITS[tensor["dtype"]]:
        raise ValueError(f"{name} does not have the size of its type and shape")
    return start, stop, count
