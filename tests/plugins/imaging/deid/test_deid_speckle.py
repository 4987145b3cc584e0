"""Print over the speckle of a single still, where no rule on single glyphs holds: the net finds it, and little else.

Fonts and grounds are others than those the net has learnt from (`resources/setup/print_pictures.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import deid_pictures as pictures
import numpy as np
import pytest

from medstation_imaging.deid.boxes import mask_of
from medstation_imaging.deid.burnt_in import looks_like_print
from medstation_imaging.deid.parsing import parsed
from medstation_imaging.deid.picture import picture_of
from medstation_imaging.deid.print_net import BAND, print_likelihood

TEXTS = ["Quastenberg, Ottokar", "PID 700-4411", "14.09.2023 10:15", "Sankt Vielgesund", "F 47 y  AB"]
STILLS = {
    "dicom_pydicom_data": {
        "JPGLosslessP14SV1_1s_1f_8b.dcm": (150, 120, 900, 700), "gdcm-US-ALOKA-16.dcm": (40, 60, 630, 400),
    },
}  # fmt: skip
"""Ultrasound stills of open collections, and where their tissue is (left, top, right, bottom)."""


def covered(mask: np.ndarray, burnt: list[pictures.Rect]) -> list[bool]:
    return [bool(mask[top:bottom, left:right].mean() >= 0.9) for left, top, right, bottom in burnt]


def test_nineteen_of_twenty_lines_over_speckle_are_covered_at_five_per_cent() -> None:
    found, masked = [], []
    for number in range(4):
        image = pictures.sector(np.random.default_rng(100 + number), 600, 800)
        burnt = pictures.burn(image, TEXTS, np.random.default_rng(500 + number), (130, 540))
        mask = mask_of(looks_like_print([image.astype(np.float32)]), (600, 800))
        found += covered(mask, burnt)
        masked.append(float(mask.mean()))
    assert len(found) == 20
    assert sum(found) >= 19
    assert np.mean(masked) <= 0.05


@pytest.mark.realdata
@pytest.mark.slow
@pytest.mark.parametrize("name", STILLS["dicom_pydicom_data"])
def test_lines_over_real_tissue_are_covered(realdata: Callable[[str], Path], name: str) -> None:
    dataset, syntax = parsed((realdata("dicom_pydicom_data") / name).read_bytes())
    clean = list(picture_of(dataset, syntax).shown())[-1]
    left, top, right, bottom = STILLS["dicom_pydicom_data"][name]
    before = mask_of(looks_like_print([clean]), clean.shape).mean()
    image = clean[top:bottom, left:right].copy()
    burnt = pictures.burn(image, TEXTS, np.random.default_rng(7), (4, image.shape[0] - 25))
    whole = clean.copy()
    whole[top:bottom, left:right] = image
    mask = mask_of(looks_like_print([whole]), clean.shape)
    assert sum(covered(mask[top:bottom, left:right], burnt)) >= len(burnt) - 1
    assert mask.mean() - before <= 0.05


def test_bands_change_nothing() -> None:
    """A picture worked on in bands is the same as one in the middle of a band."""
    image = pictures.sector(np.random.default_rng(3), BAND + 150, 128).astype(np.float32)
    whole, lower = print_likelihood(image), print_likelihood(image[100:])
    assert whole.shape == ((BAND + 150) // 2, 64)
    np.testing.assert_allclose(whole[90:], lower[40:], atol=1e-4)


@pytest.mark.parametrize("shape", [(33, 47), (16, 300), (300, 17)])
def test_pictures_of_any_size_are_looked_at(shape: tuple[int, int]) -> None:
    likelihood = print_likelihood(np.zeros(shape, np.float32))
    assert likelihood.shape == ((shape[0] + 1) // 2, (shape[1] + 1) // 2)
    assert likelihood.max() < 0.5
