"""What more labels would bring, carried on from the sizes that were tried."""

from __future__ import annotations

import numpy as np
import pytest

from medstation.api import MetricSpec
from medstation.learning.extrapolation import outlook

DICE = MetricSpec("dice", "Dice")
PATIENTS = {f"r-{n}": f"P{n}" for n in range(40)}


def measured(law, noise: float = 0.02) -> dict:
    rng = np.random.default_rng(0)
    own = rng.normal(0, 0.05, 40)
    return {
        size: {f"r-{n}": {"dice": law(size) + own[n] + rng.normal(0, noise)} for n in range(40)}
        for size in (20, 40, 60, 80)
    }


def test_a_rising_curve_promises_what_its_law_gives():
    found = outlook(DICE, measured(lambda n: 0.9 - 1.2 / np.sqrt(n)), PATIENTS, more=40)
    truth = 1.2 / np.sqrt(80) - 1.2 / np.sqrt(120)
    assert found.gain.low < truth < found.gain.high and found.gain.low > 0
    assert found.sizes == (20, 40, 60, 80) and found.values[-1].value == pytest.approx(0.766, abs=0.02)


def test_a_flat_curve_promises_nothing():
    found = outlook(DICE, measured(lambda n: 0.8), PATIENTS)
    assert found.gain.low < 0 < found.gain.high and abs(found.gain.value) < 0.005


def test_one_size_tells_nothing():
    with pytest.raises(ValueError, match="two sizes"):
        outlook(DICE, {20: {"r-1": {"dice": 1.0}}}, PATIENTS)
