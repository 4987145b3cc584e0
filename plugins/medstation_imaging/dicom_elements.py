"""Header values by tag, the same whether the fast walk or pydicom read the file; malformed values count as missing."""

from __future__ import annotations

import math
import struct
import warnings
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

from medstation_imaging.dicom_walk import Raw

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

CHARACTER_SET = 0x00080005
SHORT = 64
"""Bytes up to which values are kept converted: most of a series' headers hold the same ones in every file."""


class Elements(Protocol):
    """One data set or sequence item. Every method gives [] for what is missing or malformed."""

    def has(self, tag: int) -> bool: ...

    def tags(self) -> Iterable[int]: ...

    def texts(self, tag: int) -> list[str]:
        """Text values, decoded, without padding."""

    def numbers(self, tag: int) -> list[float]:
        """Numbers that are written as text (DS, IS)."""

    def words(self, tag: int) -> list[int]:
        """Unsigned 16-bit numbers (US)."""

    def longs(self, tag: int) -> list[int]:
        """Unsigned 32-bit numbers (UL)."""

    def doubles(self, tag: int) -> list[float]:
        """64-bit floats (FD)."""

    def items(self, tag: int) -> Sequence[Elements]: ...


class WalkedElements:
    """Values from the bytes that `dicom_walk.walk` noted."""

    __slots__ = ("_charset", "_raw")

    def __init__(self, raw: dict[int, Raw], charset: bytes | None = None) -> None:
        own = raw.get(CHARACTER_SET, charset)
        self._raw = raw
        self._charset = own if isinstance(own, bytes) else b""

    def has(self, tag: int) -> bool:
        return tag in self._raw

    def tags(self) -> Iterable[int]:
        return self._raw

    def texts(self, tag: int) -> list[str]:
        data = self._raw.get(tag)
        if not data or not isinstance(data, bytes):
            return []
        return list(_short_texts(data, self._charset) if len(data) <= SHORT else _texts(data, self._charset))

    def numbers(self, tag: int) -> list[float]:
        data = self._raw.get(tag)
        if not data or not isinstance(data, bytes):
            return []
        return list(_short_numbers(data) if len(data) <= SHORT else _numbers(data))

    def words(self, tag: int) -> list[int]:
        return self._unpack(tag, "H", 2)

    def longs(self, tag: int) -> list[int]:
        return self._unpack(tag, "I", 4)

    def doubles(self, tag: int) -> list[float]:
        return _finite(self._unpack(tag, "d", 8))

    def items(self, tag: int) -> list[WalkedElements]:
        value = self._raw.get(tag)
        return [WalkedElements(item, self._charset) for item in value] if isinstance(value, list) else []

    def _bytes(self, tag: int) -> bytes:
        value = self._raw.get(tag, b"")
        return value if isinstance(value, bytes) else b""

    def _unpack(self, tag: int, code: str, size: int) -> list[Any]:
        data = self._bytes(tag)
        if not data or len(data) % size:
            return []
        return list(struct.unpack(f"<{len(data) // size}{code}", data))


class DatasetElements:
    """Values of a pydicom data set."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset

    def has(self, tag: int) -> bool:
        return tag in self._dataset

    def tags(self) -> Iterable[int]:
        return [int(tag) for tag in self._dataset.keys()]  # noqa: SIM118 - iterating a data set would decode it

    def texts(self, tag: int) -> list[str]:
        return [str(value).strip(" \0") for value in self._values(tag)]

    def numbers(self, tag: int) -> list[float]:
        return self._converted(tag, float)

    def words(self, tag: int) -> list[int]:
        return self._converted(tag, int)

    def longs(self, tag: int) -> list[int]:
        return self._converted(tag, int)

    def doubles(self, tag: int) -> list[float]:
        return self._converted(tag, float)

    def items(self, tag: int) -> list[DatasetElements]:
        element = self._element(tag)
        if element is None or element.VR != "SQ":
            return []
        return [DatasetElements(item) for item in element.value or ()]

    def _converted(self, tag: int, kind: Callable[[Any], Any]) -> list[Any]:
        try:
            return _finite([kind(value) for value in self._values(tag)])
        except (ValueError, TypeError, OverflowError):
            return []

    def _values(self, tag: int) -> list[Any]:
        element = self._element(tag)
        if element is None or element.value is None or element.value == "" or element.VR in ("SQ", "OB", "OW", "UN"):
            return []
        return list(element.value) if element.VM > 1 else [element.value]

    def _element(self, tag: int) -> Any:
        from pydicom.errors import BytesLengthException

        try:
            return self._dataset.get(tag) if tag in self._dataset else None
        except (ValueError, TypeError, KeyError, NotImplementedError, BytesLengthException, AttributeError):
            return None


def _texts(data: bytes, charset: bytes) -> tuple[str, ...]:
    text = data.decode("ascii") if data.isascii() and b"\x1b" not in data else _decode(data, charset)
    return tuple(value.strip(" \0") for value in text.split("\\"))


def _numbers(data: bytes) -> tuple[float, ...]:
    plain = data.strip(b" \0")
    try:
        return tuple(_finite([float(value.strip(b" \0")) for value in plain.split(b"\\")])) if plain else ()
    except ValueError:
        return ()


_short_texts, _short_numbers = lru_cache(2048)(_texts), lru_cache(2048)(_numbers)


def _finite(values: list[Any]) -> list[Any]:
    return values if all(map(math.isfinite, values)) else []


def _decode(data: bytes, charset: bytes) -> str:
    """Text in the file's own character sets (PS3.3 C.12.1.1.2), also those with escape sequences."""
    from pydicom.charset import convert_encodings, decode_bytes
    from pydicom.valuerep import TEXT_VR_DELIMS

    names = [name.strip() for name in charset.decode("ascii", "replace").strip(" \0").split("\\")]
    with warnings.catch_warnings():  # of misspelt character sets, which it knows how to read
        warnings.simplefilter("ignore")
        return str(decode_bytes(data, convert_encodings(names), TEXT_VR_DELIMS | {0x5E, 0x3D}))
