"""Overlays drawn into the unused bits of pixels (retired, PS3.5 8.1.2): their bit is cleared, the values stay."""

from __future__ import annotations

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import UID

from medstation.api import BadInput


def clear_planes(dataset: Dataset, syntax: str) -> int:
    """In place; returns how many planes were cleared. `BadInput` where they cannot be taken out."""
    positions = set(_positions(dataset))
    if not positions or "PixelData" not in dataset:
        return 0
    bits, stored = int(dataset.get("BitsAllocated", 0)), int(dataset.get("BitsStored", 0))
    high = int(dataset.get("HighBit", stored - 1))
    unused = {bit for bit in positions if bit > high or bit <= high - stored}
    if not unused:
        return 0
    if UID(syntax).is_compressed or bits not in (8, 16):
        raise BadInput("an overlay is drawn into its compressed pixels", "Ask its source for a copy without overlays.")
    kind = np.dtype(f"{'>' if syntax == '1.2.840.10008.1.2.2' else '<'}u{bits // 8}")
    data = bytes(dataset.PixelData)
    values = np.frombuffer(data[: len(data) // kind.itemsize * kind.itemsize], kind).copy()
    values &= kind.type(((1 << bits) - 1) & ~sum(1 << bit for bit in unused))
    dataset.PixelData = values.tobytes() + data[values.nbytes :]
    return len(unused)


def _positions(dataset: Dataset) -> list[int]:
    """The bits that overlays say they use, where their data are not of their own."""
    found = []
    for group in range(0x6000, 0x6020, 2):
        position = dataset.get(group << 16 | 0x0102)
        inside = position is not None and group << 16 | 0x3000 not in dataset
        if inside and isinstance(position.value, int) and 0 < position.value < 16:
            found.append(position.value)
    return found
