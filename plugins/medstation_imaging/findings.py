"""What a predicted mask says, one finding per place: its size, how sure the model is, and where to look."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from medstation.api import Finding

MOST_FINDINGS = 50
"""Of one segment; the rest are the smallest ones, and are counted in the volumes all the same."""

MAIN_PART = 0.8
"""A segment with this share of its voxels in one piece is one structure, not many lesions."""


def findings_of(
    mask: np.ndarray, confidence: np.ndarray, names: Sequence[str], spacing: Sequence[float]
) -> tuple[Finding, ...]:
    """Findings, largest first. `mask` (z, y, x) holds 1 .. len(names), `confidence` is 0 .. 1, `spacing` is in mm."""
    found: list[tuple[int, Finding]] = []
    for value, name in enumerate(names, start=1):
        found += _of_segment(mask == value, confidence, name, value, spacing)
    return tuple(finding for _, finding in sorted(found, key=lambda one: -one[0]))


def _of_segment(
    region: np.ndarray, confidence: np.ndarray, name: str, value: int, spacing: Sequence[float]
) -> list[tuple[int, Finding]]:
    from scipy import ndimage

    pieces, count = ndimage.label(region, structure=np.ones((3, 3, 3)))
    if not count:
        return []
    sizes = np.bincount(pieces.ravel())[1:]
    if sizes.max() >= MAIN_PART * sizes.sum():
        pieces, sizes = region.astype(np.int32), np.array([sizes.sum()])
    boxes = ndimage.find_objects(pieces)
    order = np.argsort(-sizes, kind="stable")[:MOST_FINDINGS]
    several = len(order) > 1
    found = []
    for rank, index in enumerate(order, start=1):
        box = boxes[index]
        inside = pieces[box] == index + 1
        title = f"{name} {rank}" if several else name
        found.append((int(sizes[index]), _finding(title, inside, confidence[box], box, value, spacing)))
    return found


def _finding(
    title: str, inside: np.ndarray, confidence: np.ndarray, box: tuple[slice, ...], value: int, spacing: Sequence[float]
) -> Finding:
    volume = int(inside.sum()) * float(np.prod(spacing)) / 1000
    extent = [size * mm for size, mm in zip(inside.shape, spacing, strict=True)]
    return Finding(
        title=title,
        detail=" × ".join(f"{one:.1f}" for one in reversed(extent)) + " mm",
        value=f"{volume:.2f} mL",
        confidence=float(confidence[inside].mean()),
        colour=value,
        place={"voxel": _middle(inside, box)},
    )


def _middle(inside: np.ndarray, box: tuple[slice, ...]) -> list[int]:
    """The voxel of the piece that lies nearest to its centre, so that the place is always inside it."""
    voxels = np.argwhere(inside)
    nearest = voxels[np.argmin(((voxels - voxels.mean(axis=0)) ** 2).sum(axis=1))]
    return [int(one) + side.start for one, side in zip(nearest, box, strict=True)]
