"""A recording as a network is asked about it, to be explained."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from medstation.api import BadInput, Json, Record
from medstation.learning.asked import NEVER, Asked
from medstation_signals.forecast_model import Shape, usable_origins
from medstation_signals.series import Series

NAMES = ("the mean of the forecast",)
CHUNKS = 12
"""Parts that a beat's shape is looked at in, of about 60 ms."""


def asked_features(features: torch.Tensor, names: Sequence[str]) -> Asked:
    """Numbers (n,) that are 0 for the usual recording: each is a part."""
    batch = {"features": features[None]}
    absent = {"features": torch.zeros_like(batch["features"])}
    return Asked(batch, absent, {"features": torch.arange(len(features))[None]}, names=names)


def asked_beats(
    moments: np.ndarray, shapes: np.ndarray, rhythms: np.ndarray, chances: np.ndarray, names: Sequence[str]
) -> Asked:
    """The surest beat of each class that was found. `place`: their "moments" (s).

    Parts are stretches of each beat's shape, and its rhythm as one; what is taken away is a flat line, and a regular
    rhythm. `chances` (n, classes) are what the model says.
    """
    best = chances.argmax(axis=1)
    picked = [int(np.flatnonzero(best == kind)[chances[best == kind, kind].argmax()]) for kind in np.unique(best)]
    batch = {"shapes": torch.from_numpy(shapes[picked].copy()), "rhythms": torch.from_numpy(rhythms[picked].copy())}
    row = torch.arange(len(picked))[:, None] * (CHUNKS + 1)
    stretch = torch.arange(shapes.shape[1]) * CHUNKS // shapes.shape[1]
    units = {"shapes": row + stretch, "rhythms": (row + CHUNKS).expand(-1, rhythms.shape[1]).contiguous()}
    absent = {name: torch.zeros_like(one) for name, one in batch.items()}
    return Asked(batch, absent, units, names=names, place={"moments": moments[picked].tolist()})


def asked_past(record: Record, series: Series, config: Json) -> Asked:
    """The past of the forecast after the recording's end; without it, the last value goes on. `place`: "first" and
    "step" of its values, in seconds."""
    shape = Shape(**config["shape"])
    origins = usable_origins(series.values, shape.lookback)
    if not len(origins):
        raise BadInput(f"{record.title!r} is too short to forecast", "Choose a longer recording.")
    first = int(origins[-1]) - shape.lookback + 1
    past = torch.from_numpy(shape.inward(series.values[first : first + shape.lookback]).astype(np.float32))[None]
    known = past.isfinite()
    part = torch.arange(shape.lookback)[None] // int(config["patch"])
    units = torch.where(known, part, NEVER)
    place = {"first": series.first + series.step * first, "step": series.step}
    return Asked(
        {"past": past}, {"past": torch.where(known, past[0, -1], past)}, {"past": units}, names=NAMES, place=place
    )
