"""How far apart the surfaces of two masks are, by MONAI: what Dice does not tell of thin and large structures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from medstation.api import Metrics

PERCENTILE = 95
"""Of the distances between the surfaces: the greatest one would be that of a single voxel."""


def surface_scores(predicted: np.ndarray, label: np.ndarray, names: Sequence[str], spacing: Sequence[float]) -> Metrics:
    """Per segment "HD95 <name>" (mm) and "surface Dice <name>": the share of both surfaces within one voxel's diagonal.

    Masks (z, y, x) hold 1 .. len(names); `spacing` is in mm along z, y, x. A segment that one of them lacks has no
    distance and is left out.
    """
    from monai.metrics.hausdorff_distance import compute_hausdorff_distance
    from monai.metrics.surface_dice import compute_surface_dice

    found: dict[str, float] = {}
    reach = float(np.linalg.norm(spacing))
    for number, name in enumerate(names, start=1):
        pair = [one == number for one in (predicted, label)]
        if not all(one.any() for one in pair):
            continue
        cut = _around(pair[0] | pair[1])
        said, truth = (torch.from_numpy(one[cut].astype(np.float32))[None, None] for one in pair)
        mm = list(spacing)
        far = compute_hausdorff_distance(said, truth, include_background=True, percentile=PERCENTILE, spacing=mm)
        near = compute_surface_dice(said, truth, [reach], include_background=True, spacing=mm)
        found[f"HD95 {name}"] = float(far[0, 0])
        found[f"surface Dice {name}"] = float(near[0, 0])
    return found


def _around(mask: np.ndarray) -> tuple[slice, ...]:
    """The box around a mask, one voxel wider: distances beyond it are not asked for."""
    cut = []
    for axis in range(mask.ndim):
        there = np.flatnonzero(mask.any(axis=tuple(other for other in range(mask.ndim) if other != axis)))
        cut.append(slice(max(0, int(there[0]) - 1), int(there[-1]) + 2))
    return tuple(cut)
