"""A fast walk over the header of a little-endian DICOM file (PS3.10, PS3.5 chapter 7).

It notes the bytes of the elements it was asked for and where the pixel data lie, and steps over the rest. Whatever is
out of the ordinary raises `Unusual`: the file is then read by pydicom, which knows the odd cases.
"""

from __future__ import annotations

import struct
from collections.abc import Collection
from dataclasses import dataclass

Raw = bytes | list[dict[int, "Raw"]]
"""An element's value as it stands in the file; a sequence as one dictionary per item."""

IMPLICIT = "1.2.840.10008.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
NOT_WALKED = frozenset({"1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"})  # big endian, deflated
PIXEL_TAGS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})  # float, double, stored values

_UNDEFINED = 0xFFFFFFFF
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_SHORT_LENGTH = frozenset(b"AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split())
_LONG_LENGTH = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())
_explicit = struct.Struct("<HH2sH").unpack_from
_implicit = struct.Struct("<HHI").unpack_from
_long = struct.Struct("<I").unpack_from
_DEEPEST = 16


class Unusual(Exception):
    """The file needs the slow, thorough reader."""


class Short(Exception):
    """The bytes at hand end before the pixel data."""


@dataclass(frozen=True, slots=True)
class Walked:
    """What a walk found. `pixel_length` is -1 for encapsulated pixel data; `pixel_tag` is 0 where there are none."""

    syntax: str
    elements: dict[int, Raw]
    pixel_tag: int
    pixel_offset: int
    pixel_length: int


def walk(data: bytes, file_size: int, wanted: Collection[int]) -> Walked:
    """Walk `data`, the first bytes of a file of `file_size` bytes, up to its pixel data."""
    if data[128:132] != b"DICM":
        raise Unusual("no preamble")
    elements: dict[int, Raw] = {}
    try:
        offset, syntax = _walk_meta(data, elements)
        if syntax in NOT_WALKED or not syntax:
            raise Unusual(f"transfer syntax {syntax!r}")
        return _walk_dataset(data, offset, file_size, syntax, wanted, elements)
    except struct.error:
        raise Short from None


def _walk_meta(data: bytes, elements: dict[int, Raw]) -> tuple[int, str]:
    """The file meta group: always explicit, little endian."""
    offset = 132
    while True:
        group, element, vr, length = _explicit(data, offset)
        if group != 2:
            break
        start = offset + 8
        if vr in _LONG_LENGTH:
            (length,) = _long(data, start)
            start += 4
        elif vr not in _SHORT_LENGTH:
            raise Unusual("file meta without types")
        offset = start + length
        elements[0x00020000 | element] = data[start:offset]
    syntax = elements.get(0x00020010, b"")
    return offset, syntax.decode("ascii", "replace").strip(" \0") if isinstance(syntax, bytes) else ""


def _walk_dataset(
    data: bytes, offset: int, file_size: int, syntax: str, wanted: Collection[int], elements: dict[int, Raw]
) -> Walked:
    implicit = syntax == IMPLICIT
    last = 0
    while offset != file_size:
        tag, sequence, start, length = _head(data, offset, implicit)
        if tag <= last:
            raise Unusual("elements out of order")
        last = tag
        if tag in PIXEL_TAGS:
            return Walked(syntax, elements, tag, start, -1 if length == _UNDEFINED else length)
        keep = tag in wanted
        if length == _UNDEFINED or (sequence and keep):
            items, offset = _items(data, start, length, implicit or not sequence, 0, keep)
            if keep:
                elements[tag] = items
            continue
        offset = start + length
        if offset > file_size:
            raise Unusual("an element reaches over the end")
        if keep:
            if offset > len(data):
                raise Short
            elements[tag] = data[start:offset]
    return Walked(syntax, elements, 0, 0, 0)


def _head(data: bytes, offset: int, implicit: bool) -> tuple[int, bool, int, int]:
    """Tag, whether its type says sequence, where its value starts, and its length."""
    if implicit:
        group, element, length = _implicit(data, offset)
        tag = group << 16 | element
        return tag, tag in _SEQUENCES, offset + 8, length
    group, element, vr, length = _explicit(data, offset)
    if vr in _SHORT_LENGTH:
        return group << 16 | element, False, offset + 8, length
    if vr not in _LONG_LENGTH:
        raise Unusual(f"type {vr!r}")
    return group << 16 | element, vr == b"SQ", offset + 12, _long(data, offset + 8)[0]


def _items(
    data: bytes, offset: int, length: int, implicit: bool, depth: int, keep: bool
) -> tuple[list[dict[int, Raw]], int]:
    """The items of a sequence and where it ends. Without `keep` they are only stepped over."""
    if depth > _DEEPEST:
        raise Unusual("sequences nested too deep")
    items: list[dict[int, Raw]] = []
    end = offset + length if length != _UNDEFINED else -1
    while offset != end:
        group, element, size = _implicit(data, offset)
        tag = group << 16 | element
        offset += 8
        if tag == _SEQUENCE_END and end < 0:
            return items, offset
        if tag != _ITEM:
            raise Unusual("a sequence without items")
        if size != _UNDEFINED and not keep:
            offset += size
            continue
        item, offset = _item(data, offset, size, implicit, depth, keep)
        items.append(item)
        if 0 <= end < offset:
            raise Unusual("an item reaches over its sequence")
    return items, offset


def _item(data: bytes, offset: int, length: int, implicit: bool, depth: int, keep: bool) -> tuple[dict[int, Raw], int]:
    elements: dict[int, Raw] = {}
    end = offset + length if length != _UNDEFINED else -1
    if end > len(data):
        raise Short
    while offset != end:
        group, element, _ = _implicit(data, offset)
        if group == 0xFFFE:
            if element == 0xE00D and end < 0:
                return elements, offset + 8
            raise Unusual("an item ends where it should not")
        tag, sequence, start, size = _head(data, offset, implicit)
        if sequence or size == _UNDEFINED:
            elements[tag], offset = _items(data, start, size, implicit or not sequence, depth + 1, keep)
        else:
            offset = start + size
            if keep:
                elements[tag] = data[start:offset]
        if 0 <= end < offset or offset > len(data):
            raise (Unusual("an element reaches over its item") if end >= 0 else Short)
    return elements, offset


# Sequences that are read of implicit files, which do not carry types: the functional groups and what lies in them.
_SEQUENCES = frozenset({
    0x00209222, 0x52009229, 0x52009230, 0x00289110, 0x00209113, 0x00209116, 0x00289145, 0x00289132, 0x00209111,
    0x00189114, 0x00189117, 0x00189076, 0x00189226, 0x00189329, 0x00189118, 0x00283000, 0x00221106,
})  # fmt: skip
