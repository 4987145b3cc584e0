"""Hiding blocks of images, and how well they were filled in: what both recipes for bases without labels share."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import torch

from medstation.api import FileSource, Finding, Metrics, PredictionDraft, Record

BLOCKS = 8
"""A side is hidden in about this many steps: blocks too large to fill in from their edges alone."""


def blocks(shape: Sequence[int], share: float, rng: np.random.Generator) -> torch.Tensor:
    """Which voxels of `shape` are hidden: bool, whole blocks, about `share` of all, at least one block and not all."""
    sizes = [max(2, round(size / BLOCKS)) for size in shape]
    grid = [-(-size // block) for size, block in zip(shape, sizes, strict=True)]
    count = min(max(1, round(share * int(np.prod(grid)))), int(np.prod(grid)) - 1)
    chosen = np.zeros(int(np.prod(grid)), bool)
    chosen[rng.permutation(len(chosen))[:count]] = True
    hidden = chosen.reshape(grid)
    for axis, block in enumerate(sizes):
        hidden = hidden.repeat(block, axis=axis)
    return torch.from_numpy(np.ascontiguousarray(hidden[tuple(slice(size) for size in shape)]))


def covered(image: torch.Tensor, hidden: torch.Tensor) -> torch.Tensor:
    """The image with the hidden places at the mean of what is seen."""
    return torch.where(hidden, image[~hidden].mean(), image)


def filled_in(said: torch.Tensor, wanted: torch.Tensor, level: float) -> dict[str, float]:
    """The columns of the metric: squared error, and squared distance from `level`, the mean of what was seen."""
    return {"error": float(((said - wanted) ** 2).sum()), "spread": float(((wanted - level) ** 2).sum())}


def squared_error(said: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """The mean over what is known; NaN where `wanted` was in sight."""
    known = torch.isfinite(wanted)
    return torch.where(known, said - torch.nan_to_num(wanted), 0.0).square().sum() / known.sum().clamp(min=1)


def draft_of(measured: dict[str, float]) -> PredictionDraft:
    """What a base says of a record: how much of what was hidden it filled in."""
    share = 1 - measured["error"] / max(measured["spread"], 1e-9)
    found = Finding("Hidden places filled in", value=f"{100 * share:.0f} %", confidence=min(max(share, 0.0), 1.0))
    return PredictionDraft(
        "filled-in", json.dumps(measured).encode(), (found,), found.confidence, {"filled_in": round(share, 4)}
    )


def score(record: Record, files: FileSource, prediction: bytes, label: bytes) -> Metrics:
    """What the prediction measured."""
    counted = json.loads(prediction)
    return {name: float(counted[name]) for name in ("error", "spread")}
