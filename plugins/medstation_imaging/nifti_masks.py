"""NIfTI masks: turned to the record's order of axes when they are on the same voxels, refused when they are not."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nibabel
import numpy as np

from medstation.api import BadInput, Json
from medstation_imaging.grids import Grid, fit
from medstation_imaging.masks import MOST_SEGMENTS
from medstation_imaging.nifti import RAS_TO_LPS, is_nifti, stem
from medstation_imaging.seg import Segments

__all__ = ["is_nifti", "read", "sidecar", "stem"]

_LINE = re.compile(r'^\s*(\d+)\s+(?:[\d.\s]*"(?P<quoted>[^"]+)"|(?P<plain>\D.*?))\s*$')
"""`1 nodule`, or a line of ITK-SNAP's label description: `1 255 0 0 1 1 1 "nodule"`."""


def read(path: Path, volume: Json) -> Segments:
    """The mask on the grid of `volume` (a record's `meta["volume"]`); names from a file beside it, if there is one."""
    image, shape, affine = _opened(path)
    own, record = Grid(RAS_TO_LPS @ affine, shape), Grid.of_record(volume)
    place = fit(own, record)
    if place is None or not place.covers(record):
        raise BadInput(
            f"{path.name} does not lie on this record's voxels: it has {own.text()}; the record has {record.text()}.",
            "Attach it to the image it was drawn on, or resample it to this image first.",
        )
    labels, names, notes = _labels(path, _values(path, image).reshape(shape))
    mask = np.zeros(record.shape[::-1], np.uint8)
    place.view(mask)[...] = labels
    return Segments(mask, names, notes)


def sidecar(path: Path) -> Path:
    """Where the names of a mask's segments are kept: `<stem>.json` with `{"names": {"1": "nodule"}}`."""
    return path.with_name(f"{stem(path)}.json")


def _opened(path: Path) -> tuple[Any, tuple[int, int, int], np.ndarray]:
    """The image with its values unread, its shape (i, j, k) and affine: what is too large is refused by these alone."""
    try:
        image: Any = nibabel.load(path)
        shape, affine = [int(length) for length in image.shape], np.asarray(image.affine, float)
        kind = image.get_data_dtype()
    except Exception as error:  # a stranger's bytes: nibabel raises many kinds
        raise _unreadable(path, error) from error
    while len(shape) > 3 and shape[-1] == 1:
        shape.pop()
    if len(shape) != 3 or kind.kind not in "biuf" or min(shape) < 1:
        message = f"{path.name} is no mask: it has shape {tuple(shape)}, type {kind}."
        raise BadInput(message, "Give a 3-D mask.")
    if not np.isfinite(affine).all() or abs(float(np.linalg.det(affine[:3, :3]))) < 1e-9:
        raise BadInput(f"{path.name} has no usable geometry (its affine is singular).", "Export the mask again.")
    return image, (shape[0], shape[1], shape[2]), affine


def _values(path: Path, image: Any) -> np.ndarray:
    try:
        return np.asarray(image.dataobj)
    except Exception as error:  # a stranger's bytes: nibabel raises many kinds
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> BadInput:
    return BadInput(f"{path.name} is not a readable NIfTI file: {error}", "Export the mask again.")


def _labels(path: Path, values: np.ndarray) -> tuple[np.ndarray, list[str], list[str]]:
    """The values as uint8, the names of 1..n, and notes."""
    found = np.unique(values)
    odd = [value for value in found.tolist() if not (0 <= value < np.inf and value == int(value))]
    if odd:
        message = f"{path.name} holds the value {odd[0]:g}; a mask holds whole numbers from 0 on."
        raise BadInput(message, "Give a label map, not probabilities or an image.")
    present = [int(value) for value in found if value]
    given = _names(path)
    if given is None and present == [MOST_SEGMENTS]:
        return (values != 0).astype(np.uint8), ["segment 1"], ["The value 255 was read as segment 1."]
    if present and present[-1] > MOST_SEGMENTS:
        raise BadInput(f"{path.name} holds the value {present[-1]}.", f"At most {MOST_SEGMENTS} segments are possible.")
    unknown = [value for value in present if given is not None and value not in given]
    if unknown:
        raise BadInput(f"{path.name} holds the value {unknown[0]}, which its list of names lacks.", "Add its name.")
    known = given or {}
    count = max([*present, *known], default=0)
    return values.astype(np.uint8), [known.get(value, f"segment {value}") for value in range(1, count + 1)], []


def _names(path: Path) -> Mapping[int, str] | None:
    """Names by value, from `<stem>.json`, `<stem>.txt` or `<stem>.label` beside the mask."""
    described = sidecar(path)
    try:
        if described.is_file():
            names = _from_json(json.loads(described.read_text("utf-8-sig")))
        else:
            described = next((p for p in (described.with_suffix(s) for s in (".txt", ".label")) if p.is_file()), path)
            if described == path:
                return None
            names = _from_lines(described.read_text("utf-8-sig"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        hint = 'It should hold {"names": {"1": "nodule", ...}}.'
        raise BadInput(f"{described.name}, the names of {path.name}, cannot be read: {error}", hint) from error
    wrong = [value for value in names if not 0 <= value <= MOST_SEGMENTS]
    if wrong:
        raise BadInput(f"{described.name} names the value {wrong[0]}.", f"Values are 1 to {MOST_SEGMENTS}.")
    return {value: name for value, name in names.items() if value}


def _from_json(data: Any) -> dict[int, str]:
    names = data["names"]
    if isinstance(names, list):
        return {value: str(name) for value, name in enumerate(names, start=1)}
    return {int(value): str(name) for value, name in names.items()}


def _from_lines(text: str) -> dict[int, str]:
    found = [match for line in text.splitlines() if (match := _LINE.match(line))]
    return {int(match[1]): str(match["quoted"] or match["plain"]) for match in found}
