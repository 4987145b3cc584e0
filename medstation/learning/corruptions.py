"""What happens to data in a hospital: noise, blur, another contrast, missing parts; each in strengths.

Strengths are in units that hold for images, volumes, waves and features alike: standard deviations of the input,
shares of it, samples of an axis. All chance comes from the generator given.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch.nn import functional

Change = Callable[[torch.Tensor, float, torch.Generator], torch.Tensor]

LEAST_SAMPLES = 24
"""An axis shorter than this is no row of samples that could be blurred, but a list of features."""


@dataclass(frozen=True)
class Corruption:
    """`change(values, strength, chance)`; `values` (n, ...) float, NaN where nothing was measured."""

    name: str
    unit: str
    strengths: tuple[float, ...]
    change: Change
    rows_only: bool = False


def noisy(values: torch.Tensor, strength: float, chance: torch.Generator) -> torch.Tensor:
    """White noise of `strength` standard deviations."""
    return values + strength * _spread(values) * _normal(values, chance)


def blurred(values: torch.Tensor, strength: float, chance: torch.Generator) -> torch.Tensor:
    """A Gaussian of `strength` samples along every axis that is long enough; gaps are left out of the means."""
    known = values.isfinite().to(values.dtype)
    upper, lower = values.nan_to_num(), known
    for axis in sampled_axes(values):
        upper, lower = _smoothed(upper, axis, strength), _smoothed(lower, axis, strength)
    return torch.where(known > 0, upper / lower.clamp_min(1e-6), values)


def stretched(values: torch.Tensor, strength: float, chance: torch.Generator) -> torch.Tensor:
    """Contrast about the mean times `strength`."""
    middle = values[values.isfinite()].mean() if bool(values.isfinite().any()) else values.new_zeros(())
    return middle + strength * (values - middle)


def holed(values: torch.Tensor, strength: float, chance: torch.Generator) -> torch.Tensor:
    """The share `strength` of all blocks (an eighth of each long axis; single features) set to the mean."""
    known = values.isfinite()
    middle = values[known].mean() if bool(known.any()) else values.new_zeros(())
    axes = sampled_axes(values)
    coarse = [1] * values.ndim
    coarse[0] = values.shape[0]
    for axis in axes or range(1, values.ndim):
        coarse[axis] = 8 if axes else values.shape[axis]
    lost = torch.rand(coarse, generator=chance).to(values.device) < strength
    for axis in range(values.ndim):
        places = torch.arange(values.shape[axis], device=values.device) * coarse[axis] // values.shape[axis]
        lost = lost.index_select(axis, places)
    return torch.where(lost & known, middle, values)


def sampled_axes(values: torch.Tensor) -> list[int]:
    """The axes that are rows of samples: all but the first that are long enough."""
    return [axis for axis in range(1, values.ndim) if values.shape[axis] >= LEAST_SAMPLES]


INPUT_CORRUPTIONS = (
    Corruption("noise", "standard deviations", (0.1, 0.25, 0.5, 1.0), noisy),
    Corruption("blur", "samples", (0.5, 1.0, 2.0, 4.0), blurred, rows_only=True),
    Corruption("contrast", "times", (0.25, 0.5, 2.0, 4.0), stretched),
    Corruption("missing", "share", (0.1, 0.25, 0.5, 0.75), holed),
)
"""What is done to measured data."""


def words_lost(vectors: torch.Tensor, strength: float, chance: torch.Generator) -> torch.Tensor:
    """The share `strength` of all word vectors (..., numbers) set to zero."""
    lost = torch.rand(vectors.shape[:-1], generator=chance).to(vectors.device) < strength
    return vectors.masked_fill(lost[..., None], 0.0)


VECTOR_CORRUPTIONS = (
    Corruption("noise", "standard deviations", (0.1, 0.25, 0.5, 1.0), noisy),
    Corruption("missing", "share", (0.05, 0.1, 0.25, 0.5), words_lost),
)
"""What is done to the vectors of words."""


def _spread(values: torch.Tensor) -> float:
    known = values[values.isfinite()]
    return float(known.std(correction=0)) if known.numel() else 0.0


def _normal(values: torch.Tensor, chance: torch.Generator) -> torch.Tensor:
    return torch.randn(values.shape, generator=chance).to(values)


def _smoothed(values: torch.Tensor, axis: int, sigma: float) -> torch.Tensor:
    reach = max(1, math.ceil(3 * sigma))
    kernel = torch.exp(-0.5 * (torch.arange(-reach, reach + 1, dtype=values.dtype, device=values.device) / sigma) ** 2)
    rows = values.movedim(axis, -1)
    padded = functional.pad(rows.reshape(-1, 1, rows.shape[-1]), (reach, reach), mode="replicate")
    smooth = functional.conv1d(padded, (kernel / kernel.sum())[None, None])
    return smooth.reshape(rows.shape).movedim(-1, axis)
