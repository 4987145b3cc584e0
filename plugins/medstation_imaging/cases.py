"""Cases as imaging recipes read them: the volume made ready for a network, and masks checked against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from medstation.api import BadInput, FileSource, Json, Record, ReportProgress
from medstation_imaging import volume
from medstation_imaging.preprocessing import Turn, normalised, resampled_shape, resized, turn_of


@dataclass(frozen=True)
class ReadyVolume:
    """`image` float32 (z, y, x) along the patient's axes, made ready; `shape`, `spacing` are the original's."""

    image: np.ndarray
    turn: Turn
    shape: tuple[int, int, int]
    spacing: tuple[float, float, float]


def _quiet(done: float, text: str) -> None:
    """The loop reports per case; nothing finer is needed."""


def ready_volume(record: Record, files: FileSource, config: Json, report: ReportProgress = _quiet) -> ReadyVolume:
    """The record's volume, ready for the network that `config` describes."""
    affine, own_spacing = geometry_of(record)["affine"], geometry_of(record)["spacing"]
    loaded = volume.load(record, files, report)
    array = grey(loaded.array)
    turn = turn_of(affine)
    turned, spacing = turn.apply(array), turn.reorder(own_spacing)
    shape = turned.shape
    if config["spacing"]:
        shape = resampled_shape(turned.shape, spacing, config["spacing"])
    image = resized(normalised(turned, loaded.unit, config), shape)
    own = (array.shape[0], array.shape[1], array.shape[2])
    first, second, third = own_spacing
    return ReadyVolume(np.ascontiguousarray(image), turn, own, (float(first), float(second), float(third)))


def grey(array: np.ndarray) -> np.ndarray:
    """(z, y, x): a colour volume (z, y, x, 3) as its luminance (Rec. 601)."""
    if array.ndim == 4:
        return array.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    return array


def geometry_of(record: Record) -> Json:
    """The record's volume geometry; `BadInput` when it has none."""
    geometry: Json | None = record.meta.get("volume")
    if geometry is None:
        raise BadInput(
            f"{record.title!r} ({record.id}) is not a volume: its slices have no common geometry",
            "Leave it out of the data set.",
        )
    return geometry


def check_geometry(record: Record, mask: np.ndarray) -> None:
    """`BadInput` when the mask is not in the voxel grid of the record's volume."""
    shape = tuple(geometry_of(record)["shape"])
    if mask.shape != shape:
        raise BadInput(
            f"the mask of {record.title!r} ({record.id}) has {mask.shape} voxels, its volume {shape}",
            "Import the mask again with the series it was drawn on, or leave the record out of the data set.",
        )


def renamed(mask: np.ndarray, names: Sequence[str], wanted: Sequence[str]) -> np.ndarray:
    """The mask with its values by the list `wanted`; segments that are not in it become background."""
    table = np.zeros(256, np.uint8)
    for value, name in enumerate(names, start=1):
        if name in wanted:
            table[value] = list(wanted).index(name) + 1
    values: np.ndarray = table[mask]
    return values


def whole_image(record: Record, files: FileSource, config: Json, report: ReportProgress = _quiet) -> np.ndarray:
    """The record as one float32 image of `config["shape"]`: (z, y, x), or (y, x) of its middle slice; normalised."""
    loaded = volume.load(record, files, report)
    array = grey(loaded.array)
    wanted = config["shape"]
    if len(wanted) == 2:
        array = array[len(array) // 2][None]
    elif loaded.affine is not None:
        array = turn_of(loaded.affine).apply(array)
    ready = normalised(array, loaded.unit, config)
    image = resized(ready, [1, *wanted] if len(wanted) == 2 else wanted)
    return np.ascontiguousarray(image[0] if len(wanted) == 2 else image)
