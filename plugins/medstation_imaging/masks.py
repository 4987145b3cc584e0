"""The payload of a mask: safetensors with "mask" uint8 (z, y, x) in the voxel grid of the record, and segment names."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from medstation.api import BadInput, Json

MOST_SEGMENTS = 255


def encode(mask: np.ndarray, names: Sequence[str]) -> bytes:
    """`mask`: uint8 (z, y, x), 0 is background and value i is the segment `names[i - 1]`."""
    if mask.dtype != np.uint8 or mask.ndim != 3:
        raise ValueError(f"a mask is uint8 (z, y, x), not {mask.dtype} {mask.shape}")
    if len(names) > MOST_SEGMENTS or int(mask.max(initial=0)) > len(names):
        raise ValueError(f"mask value {int(mask.max(initial=0))} with {len(names)} names")
    return save({"mask": np.ascontiguousarray(mask)}, {"names": json.dumps(list(names), ensure_ascii=False)})


def decode(payload: bytes) -> tuple[np.ndarray, list[str]]:
    """The mask, uint8 (z, y, x), and its segments' names, from index 1 on."""
    try:
        names = json.loads(_metadata(payload)["names"])
        mask = load(payload)["mask"]
    except (SafetensorError, KeyError, ValueError) as error:
        raise BadInput(f"The mask cannot be read: {error}", "Run `medstation vault check`.") from error
    if mask.dtype != np.uint8 or mask.ndim != 3 or int(mask.max(initial=0)) > len(names):
        raise BadInput(f"The mask is {mask.dtype} {mask.shape} with {len(names)} names, which is not a mask.")
    return mask, [str(name) for name in names]


def voxel_counts(mask: np.ndarray, segments: int) -> list[int]:
    """Voxels of segment 1, 2, ... `segments`."""
    return [int(count) for count in np.bincount(mask.ravel(), minlength=segments + 1)[1 : segments + 1]]


def volumes_ml(mask: np.ndarray, spacing: Sequence[float], segments: int | None = None) -> list[float]:
    """Volumes in mL of segment 1, 2, ...; `spacing` is in mm, `segments` defaults to the highest value in the mask."""
    number = int(mask.max(initial=0)) if segments is None else segments
    return [count * float(np.prod(spacing)) / 1000 for count in voxel_counts(mask, number)]


def summary(mask: np.ndarray, names: Sequence[str], spacing: Sequence[float] | None) -> Json:
    """`{"segments": [{"name", "voxels", "ml"}]}`; "ml" is None where the voxels' size (mm) is not known."""
    counts = voxel_counts(mask, len(names))
    volumes = volumes_ml(mask, spacing, len(names)) if spacing is not None else [None] * len(names)
    rows = zip(names, counts, volumes, strict=True)
    return {
        "segments": [
            {"name": name, "voxels": count, "ml": None if ml is None else round(ml, 4)} for name, count, ml in rows
        ]
    }


def _metadata(payload: bytes) -> dict[str, str]:
    length = int.from_bytes(payload[:8], "little")
    header: dict[str, dict[str, str]] = json.loads(payload[8 : 8 + length])
    return header["__metadata__"]
