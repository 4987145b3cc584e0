"""WFDB sample formats: bytes to digital values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Decode = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Format:
    """`bytes_` hold `samples` values; `decode` (uint8 array -> int16 or int32); `missing` marks a lost sample."""

    bytes_: int
    samples: int
    decode: Decode
    missing: int | None

    def size(self, count: int) -> int:
        """Bytes that hold `count` values (a last, incomplete packet is written only as far as needed)."""
        whole, rest = divmod(count, self.samples)
        return whole * self.bytes_ + _REST.get((self.bytes_, self.samples, rest), rest * self.bytes_)

    def count(self, size: int) -> int:
        """Values in `size` bytes."""
        whole, rest = divmod(size, self.bytes_)
        extra = [n for n in range(1, self.samples) if _REST.get((self.bytes_, self.samples, n), self.bytes_) <= rest]
        return whole * self.samples + max(extra, default=0)


_REST = {(3, 2, 1): 2, (4, 3, 1): 2, (4, 3, 2): 4}
"""Bytes of an incomplete packet: (bytes, samples, values in it) -> bytes."""


def _plain(kind: str) -> Decode:
    return lambda data: data.view(kind).astype(np.dtype(kind).newbyteorder("="))


def _offset_8(data: np.ndarray) -> np.ndarray:
    return data.astype(np.int16) - 128


def _offset_16(data: np.ndarray) -> np.ndarray:
    return (data.view("<u2").astype(np.int32) - 32768).astype(np.int16)


def _bits_24(data: np.ndarray) -> np.ndarray:
    parts = data.reshape(-1, 3).astype(np.int32)
    return ((parts[:, 0] | parts[:, 1] << 8 | parts[:, 2] << 16) << 8) >> 8


def _bits_212(data: np.ndarray) -> np.ndarray:
    parts = data.reshape(-1, 3).astype(np.int16)
    made = np.empty((len(parts), 2), np.int16)
    made[:, 0] = parts[:, 0] | (parts[:, 1] & 0x0F) << 8
    made[:, 1] = parts[:, 2] | (parts[:, 1] & 0xF0) << 4
    return _signed(made.ravel(), 12)


def _bits_310(data: np.ndarray) -> np.ndarray:
    words = data.view("<u2").reshape(-1, 2).astype(np.int16)
    made = np.empty((len(words), 3), np.int16)
    made[:, 0] = (words[:, 0] >> 1) & 0x3FF
    made[:, 1] = (words[:, 1] >> 1) & 0x3FF
    made[:, 2] = ((words[:, 0] >> 11) & 0x1F) | ((words[:, 1] >> 11) & 0x1F) << 5
    return _signed(made.ravel(), 10)


def _bits_311(data: np.ndarray) -> np.ndarray:
    words = data.view("<u4")
    made = np.stack([(words >> shift) & 0x3FF for shift in (0, 10, 20)], axis=1).astype(np.int16)
    return _signed(made.ravel(), 10)


def _signed(values: np.ndarray, bits: int) -> np.ndarray:
    """Two's complement of `bits` bits, in int16."""
    shift = 16 - bits
    return np.asarray((values << shift) >> shift, np.int16)


FORMATS: dict[int, Format] = {
    8: Format(1, 1, _plain("i1"), None),
    16: Format(2, 1, _plain("<i2"), -32768),
    24: Format(3, 1, _bits_24, -(1 << 23)),
    32: Format(4, 1, _plain("<i4"), -(1 << 31)),
    61: Format(2, 1, _plain(">i2"), -32768),
    80: Format(1, 1, _offset_8, -128),
    160: Format(2, 1, _offset_16, -32768),
    212: Format(3, 2, _bits_212, -2048),
    310: Format(4, 3, _bits_310, -512),
    311: Format(4, 3, _bits_311, -512),
}
"""Format number -> how it is read. Format 8 holds differences: the reader adds them up."""

UNREADABLE = {508: "FLAC", 516: "FLAC", 524: "FLAC"}
"""Formats that are known but not read here, and what they are."""


def decode(data: bytes, number: int) -> np.ndarray:
    """All values in `data`; an incomplete last packet is filled up, and what it lacks is cut off again."""
    form = FORMATS[number]
    count = form.count(len(data))
    padded = data + bytes(-len(data) % form.bytes_)
    return form.decode(np.frombuffer(padded, np.uint8))[:count]
