"""How large a picture a code stream says it is, told before a decoder makes room for it.

JPEG and JPEG-LS: the frame header (ITU-T T.81 B.2.2, T.87 C.2.2). JPEG 2000: the SIZ segment (ITU-T T.800 A.5.1).
"""

from __future__ import annotations

import struct

_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC} | {0xF7}
"""Markers of frame headers; C4, C8 and CC are tables and an extension, F7 is JPEG-LS's."""
_BARE = frozenset((0x01, *range(0xD0, 0xD9)))
"""Markers without a segment."""
_JPEG_2000 = b"\xff\x4f\xff\x51"


def stream_size(data: bytes) -> tuple[int, int] | None:
    """(rows, columns), or None where the stream does not say at its beginning."""
    try:
        if data[:4] == _JPEG_2000:
            right, bottom, left, top = struct.unpack_from(">IIII", data, 8)
            return max(0, bottom - top), max(0, right - left)
        return _jpeg_size(data) if data[:2] == b"\xff\xd8" else None
    except (struct.error, IndexError):
        return None


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    at = 2
    while data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF or marker in _BARE:
            at += 1 if marker == 0xFF else 2
            continue
        if marker in _FRAMES:
            rows, columns = struct.unpack_from(">HH", data, at + 5)
            return rows, columns
        if marker in (0xD9, 0xDA):
            return None
        at += 2 + int(struct.unpack_from(">H", data, at + 2)[0])
    return None
