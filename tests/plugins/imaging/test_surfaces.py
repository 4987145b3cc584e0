"""Distances between surfaces, against what a ruler gives."""

from __future__ import annotations

import numpy as np
import pytest

from medstation_imaging.surfaces import surface_scores


def box(shape: tuple[int, int, int], start: int, number: int = 1) -> np.ndarray:
    mask = np.zeros(shape, np.uint8)
    mask[5:15, 5:15, start : start + 10] = number
    return mask


def test_equal_masks_are_no_distance_apart() -> None:
    mask = box((20, 20, 30), 5)
    assert surface_scores(mask, mask, ["a"], (1, 1, 1)) == {"HD95 a": 0.0, "surface Dice a": 1.0}


def test_a_shift_is_measured_in_millimetres() -> None:
    found = surface_scores(box((20, 20, 30), 9), box((20, 20, 30), 5), ["a"], (1.0, 1.0, 0.5))
    assert found["HD95 a"] == pytest.approx(2.0)
    assert 0 < found["surface Dice a"] < 1
    near = surface_scores(box((20, 20, 30), 6), box((20, 20, 30), 5), ["a"], (1.0, 1.0, 0.5))
    assert near["surface Dice a"] == 1.0


def test_a_segment_that_one_lacks_is_left_out() -> None:
    both = box((20, 20, 30), 5) + box((20, 20, 30), 18, number=2)
    found = surface_scores(box((20, 20, 30), 5), both, ["a", "b"], (1, 1, 1))
    assert set(found) == {"HD95 a", "surface Dice a"}
