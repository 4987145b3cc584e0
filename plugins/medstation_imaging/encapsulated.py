"""Compressed frames inside encapsulated pixel data (PS3.5 A.4)."""

from __future__ import annotations

import struct

from medstation.api import BadInput, FileSource, Json

_ITEM, _END = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0"


def compressed_frames(files: FileSource, index: int, facts: Json) -> list[bytes]:
    """The code streams of every frame of file `index`."""
    data = files.read(index, facts["pixels"][0])
    count = facts.get("frames", 1)
    fragments, table = _fragments(data, files.name(index))
    if count == 1:
        return [fragments[0] if len(fragments) == 1 else b"".join(fragments)]
    if len(fragments) == count:
        return fragments
    return _by_table(fragments, table, count, files.name(index))


def _fragments(data: bytes, name: str) -> tuple[list[bytes], tuple[int, ...]]:
    """Fragments in order, and the basic offset table."""
    fragments: list[bytes] = []
    offset = 0
    while data[offset : offset + 4] == _ITEM:
        (length,) = struct.unpack_from("<I", data, offset + 4)
        if offset + 8 + length > len(data):
            raise BadInput(f"{name}: compressed pixel data end early", "The file is cut off; copy or export it again.")
        fragments.append(data[offset + 8 : offset + 8 + length])
        offset += 8 + length
    if len(fragments) < 2:
        raise BadInput(f"{name}: compressed pixel data hold no frame", "The file is damaged; export it again.")
    table = fragments.pop(0)
    return fragments, struct.unpack(f"<{len(table) // 4}I", table[: len(table) // 4 * 4])


def _by_table(fragments: list[bytes], table: tuple[int, ...], count: int, name: str) -> list[bytes]:
    """Frames of several fragments each: by the offset table, else by where code streams begin."""
    if len(table) == count:
        starts, place = {}, 0
        for number, fragment in enumerate(fragments):
            starts[place] = number
            place += 8 + len(fragment)
        firsts = [starts.get(offset) for offset in table]
    else:
        firsts = [number for number, fragment in enumerate(fragments) if fragment.startswith(_STARTS)]
    if len(firsts) != count or None in firsts:
        raise BadInput(f"{name}: {len(fragments)} fragments for {count} frames", "It is damaged; export it again.")
    ends = [*firsts[1:], len(fragments)]
    return [b"".join(fragments[first:end]) for first, end in zip(firsts, ends, strict=True)]


_STARTS = (b"\xff\xd8\xff", b"\xff\x4f\xff\x51")  # JPEG and JPEG-LS; JPEG 2000
