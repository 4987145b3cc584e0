"""A series as a network is asked about it, to be explained: the whole image, or the patch where most was found."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from medstation.api import FileSource, Json, Record
from medstation.learning.asked import NEVER, Asked, blocks, blurred
from medstation_imaging.cases import ready_volume, whole_image
from medstation_imaging.inference import probabilities


def asked_image(record: Record, files: FileSource, config: Json) -> Asked:
    """The record as one image, for classification."""
    return asked_of(whole_image(record, files, config), config["classes"])


def asked_of(image: np.ndarray, names: Sequence[str]) -> Asked:
    """An image made ready, float32 (y, x) or (z, y, x); `names` are those of the classes."""
    batch = {"image": torch.from_numpy(np.ascontiguousarray(image))[None, None]}
    return Asked(batch, {"image": blurred(batch["image"])}, {"image": blocks(image.shape)[None, None]}, names=names)


def asked_patch(model: nn.Module, record: Record, files: FileSource, config: Json) -> Asked:
    """The patch around what the model outlines. `place`: its "corner" in the model's grid, whose "shape" it tells."""
    image = ready_volume(record, files, config).image
    chances = probabilities(model, image, config["patch"])
    return asked_around(image, chances[1:].max(axis=0), config)


def asked_around(image: np.ndarray, found: np.ndarray, config: Json) -> Asked:
    """The patch of `image` (z, y, x) around the middle of what was `found` (the same grid, 0 to 1)."""
    patch, names = config["patch"], ["background", *config["classes"]]
    corner = [_corner(found, axis, size) for axis, size in enumerate(patch)]
    inside = [slice(max(at, 0), at + size) for at, size in zip(corner, patch, strict=True)]
    widths = [(max(-at, 0), max(0, at + size - own)) for at, size, own in zip(corner, patch, image.shape, strict=True)]
    cut = np.pad(image[tuple(inside)], widths, mode="edge")
    outside = np.pad(np.zeros([min(one.stop, own) - one.start for one, own in zip(inside, image.shape, strict=True)]),
                     widths, constant_values=1)  # fmt: skip
    asked = asked_of(cut, names)
    units = asked.units["image"].masked_fill(torch.from_numpy(outside > 0), NEVER)
    place = {"corner": corner, "shape": list(image.shape)}
    return Asked(asked.batch, asked.absent, {"image": units}, background=True, names=names, place=place)


def _corner(found: np.ndarray, axis: int, size: int) -> int:
    """Where a patch of `size` begins so that what was found is in its middle; below 0 where the image is smaller."""
    room = found.shape[axis] - size
    if room <= 0:
        return int(-(-room // 2))
    along = np.where(found > 0.5, found, 0).sum(axis=tuple({0, 1, 2} - {axis}), dtype=np.float64)
    middle = float((along * np.arange(len(along))).sum() / along.sum()) if along.any() else found.shape[axis] / 2
    return min(max(round(middle - size / 2), 0), int(room))
