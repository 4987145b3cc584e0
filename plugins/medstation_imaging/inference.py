"""Sliding-window prediction that keeps only one row of windows in full precision in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import nn

from medstation.learning.recipe import device_of

OVERLAP = 0.5


def probabilities(
    model: nn.Module,
    image: np.ndarray,
    patch: Sequence[int],
    overlap: float = OVERLAP,
    report: Callable[[float], None] | None = None,
) -> np.ndarray:
    """Class probabilities of `image` (float32 (z, y, x)): float16 (classes, z, y, x), windows weighted by a Gaussian.

    Windows go row by row along z. What lies above the next row is final and leaves the float32 buffer, so the memory in
    full precision is one row's, not the volume's. `report` gets the part done.
    """
    padded, own = _padded(image, patch)
    starts = [_starts(size, window, overlap) for size, window in zip(padded.shape, patch, strict=True)]
    importance = torch.from_numpy(_gaussian(patch))
    result: np.ndarray | None = None
    rows = starts[0]
    with torch.inference_mode():
        for number, top in enumerate(rows):
            row = _row(model, padded[top : top + patch[0]], starts, patch, importance)
            if result is None:
                result = np.zeros((row.shape[0] - 1, *padded.shape), np.float16)
                buffer = row
            else:
                buffer = _merged(buffer, row, top - rows[number - 1])
            below = rows[number + 1] if number + 1 < len(rows) else top + patch[0]
            final = below - top
            result[:, top:below] = (buffer[:-1, :final] / buffer[-1:, :final]).numpy()
            if report is not None:
                report((number + 1) / len(rows))
    assert result is not None
    return result[(slice(None), *own)]


def _row(
    model: nn.Module,
    slab: np.ndarray,
    starts: Sequence[Sequence[int]],
    patch: Sequence[int],
    importance: torch.Tensor,
) -> torch.Tensor:
    """Weighted probabilities of all windows of one row, with the sum of weights as the last channel."""
    device = device_of(model)
    total: torch.Tensor | None = None
    for y in starts[1]:
        for x in starts[2]:
            here = (slice(None), slice(None), slice(y, y + patch[1]), slice(x, x + patch[2]))
            window = torch.from_numpy(np.ascontiguousarray(slab[here[1:]]))[None, None].to(device)
            chances = torch.softmax(model(window).float(), dim=1)[0].cpu()
            if total is None:
                total = torch.zeros((chances.shape[0] + 1, *slab.shape))
            total[here][:-1] += chances * importance
            total[here][-1] += importance
    assert total is not None
    return total


def _merged(above: torch.Tensor, row: torch.Tensor, step: int) -> torch.Tensor:
    """The new row, with what the rows above it gave to its slices."""
    shared = row.shape[1] - step
    row[:, :shared] += above[:, step:]
    return row


def _padded(image: np.ndarray, patch: Sequence[int]) -> tuple[np.ndarray, tuple[slice, ...]]:
    """The image, widened at its edges to at least one window; and where in it the image is."""
    missing = [max(0, window - size) for window, size in zip(patch, image.shape, strict=True)]
    before = [one // 2 for one in missing]
    own = tuple(slice(start, start + size) for start, size in zip(before, image.shape, strict=True))
    if not any(missing):
        return image, own
    widths = [(start, one - start) for start, one in zip(before, missing, strict=True)]
    return np.pad(image, widths, mode="edge"), own


def _starts(size: int, window: int, overlap: float) -> list[int]:
    """Where windows begin: evenly spread, first at 0, last ending at `size`."""
    if size <= window:
        return [0]
    count = -(-(size - window) // max(1, int(window * (1 - overlap)))) + 1
    return [round(number * (size - window) / (count - 1)) for number in range(count)]


def _gaussian(patch: Sequence[int]) -> np.ndarray:
    """How much a window's voxels count: most in its middle (deviation an eighth of its size), never nothing."""
    axes = [np.exp(-0.5 * ((np.arange(n) - (n - 1) / 2) / max(n / 8, 0.5)) ** 2) for n in patch]
    weights = axes[0][:, None, None] * axes[1][None, :, None] * axes[2][None, None, :]
    positive: np.ndarray = np.maximum(weights, 1e-3).astype(np.float32)
    return positive
