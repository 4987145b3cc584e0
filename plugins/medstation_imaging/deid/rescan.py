"""The second look: the bytes to be written are read anew and searched for the source's own identifying values.

It shares nothing with the rewriting but the list of values, and looks at all elements whatever their rule. One hit,
and the file is not written.
"""

from __future__ import annotations

import io

import pydicom
from pydicom.dataelem import DataElement

from medstation_imaging.deid.elements import BYTE_KINDS, PIXELS, Place, everywhere, texts_of
from medstation_imaging.deid.identity import Identity
from medstation_imaging.deid.settings import Choices


def leaks(written: bytes, identity: Identity, choices: Choices, name: str = "") -> list[str]:
    """The elements that hold an identifying value, by name; `name` is the file's path in the output."""
    found = ["the file's name"] if identity.spans(name) else []
    if any(written[:128]):
        found.append("the preamble")
    dataset = pydicom.dcmread(io.BytesIO(written))
    for part in (dataset.file_meta, dataset):
        found += [place.name for place, element in everywhere(part) if _leaks(place, element, identity, choices)]
    return found


def _leaks(place: Place, element: DataElement, identity: Identity, choices: Choices) -> bool:
    kind = element.VR
    if kind in BYTE_KINDS:
        data = element.value if isinstance(element.value, bytes) else b""
        return identity.in_bytes(data) if place.tag != PIXELS else _pixels_leak(data, identity)
    if kind in ("DA", "DT", "TM"):
        return choices.dates == "remove" and any(_spans(text, identity) for text in texts_of(element))
    if kind in ("DS", "IS"):
        return any(len(text.strip()) >= 6 and _spans(text, identity) for text in texts_of(element))
    return any(_spans(text, identity, kind in ("CS", "AE", "AS")) for text in texts_of(element))


def _spans(text: str, identity: Identity, coded: bool = False) -> bool:
    return bool(identity.spans(text, coded))


def _pixels_leak(data: bytes, identity: Identity) -> bool:
    """In pixels six bytes may meet by chance; longer values do not."""
    lower = data.lower()
    return any(len(pattern) >= 8 and pattern in lower for pattern in identity.byte_patterns)
