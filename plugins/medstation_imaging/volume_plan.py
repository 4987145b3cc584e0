"""How a U-Net for volumes is planned from the training cases: spacing, patch, depth. With or without labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from medstation.api import Json, Record
from medstation.learning.recipe import Settings
from medstation_imaging.cases import geometry_of
from medstation_imaging.networks import divisor, planned_patch, planned_strides
from medstation_imaging.preprocessing import resampled_shape, turn_of

_KEPT = ("network", "width", "normalisation", "window_low", "window_high")


def surveyed(record: Record) -> Json:
    """Shape in voxels and spacing in mm, along the patient's axes."""
    geometry = geometry_of(record)
    turn = turn_of(geometry["affine"])
    return {
        "shape": [geometry["shape"][axis] for axis in turn.axes],
        "spacing": list(turn.reorder(geometry["spacing"])),
    }


def planned(surveys: Sequence[Json], settings: Settings) -> Json:
    """The part of the config that does not hang on labels."""
    spacing = np.median([one["spacing"] for one in surveys], axis=0).round(4).tolist()
    shapes = [_shape_at(one, spacing, bool(settings["resample"])) for one in surveys]
    largest = np.median(shapes, axis=0)
    strides = planned_strides([int(size) for size in largest], spacing, int(settings["levels"]))
    return {
        "spacing": spacing if settings["resample"] else None,
        "patch": planned_patch(largest.tolist(), divisor(strides), int(settings["patch_voxels"])),
        "strides": strides,
        **{name: settings[name] for name in _KEPT},
    }


def _shape_at(survey: Json, spacing: Sequence[float], resample: bool) -> tuple[int, int, int]:
    shape = survey["shape"]
    return resampled_shape(shape, survey["spacing"], spacing) if resample else (shape[0], shape[1], shape[2])
