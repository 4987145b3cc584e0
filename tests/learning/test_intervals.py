"""Intervals against results that are known."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from medstation.learning.intervals import mean_interval, paired_difference


def test_the_interval_of_independent_patients_matches_theory():
    values = {f"r-{i}": float(x) for i, x in enumerate(np.random.default_rng(5).normal(10, 2, 400))}
    found = mean_interval(values, {record: record for record in values}, resamples=5000)
    deviation = np.std(list(values.values())) / np.sqrt(400)
    assert found.value == pytest.approx(np.mean(list(values.values())))
    assert found.low == pytest.approx(found.value - 1.96 * deviation, abs=0.03)
    assert found.high == pytest.approx(found.value + 1.96 * deviation, abs=0.03)


def test_records_of_one_patient_do_not_pretend_to_be_independent():
    rng = np.random.default_rng(1)
    of_patient = rng.normal(size=20)
    values = {f"r-{p}-{k}": float(of_patient[p]) for p in range(20) for k in range(25)}
    by_patient = mean_interval(values, {record: record.split("-")[1] for record in values})
    as_if_apart = mean_interval(values, {record: record for record in values})
    ratio = (by_patient.high - by_patient.low) / (as_if_apart.high - as_if_apart.low)
    assert ratio == pytest.approx(5, rel=0.2)  # the square root of 25 copies


def test_about_95_percent_of_intervals_hold_the_truth():
    rng = np.random.default_rng(2)
    held = 0
    for trial in range(200):
        values = {f"r-{i}": float(x) for i, x in enumerate(rng.normal(0, 1, 40))}
        found = mean_interval(values, {}, seed=trial, resamples=500)
        held += found.low <= 0 <= found.high
    assert 0.89 <= held / 200 <= 0.99


def test_the_paired_difference_sees_what_two_separate_intervals_hide():
    rng = np.random.default_rng(3)
    before = {f"r-{i}": float(x) for i, x in enumerate(rng.uniform(0.2, 0.9, 30))}
    after = {record: value + 0.02 + float(rng.normal(0, 0.01)) for record, value in before.items()}
    found = paired_difference(before, after, {})
    assert found.value == pytest.approx(0.02, abs=0.005)
    assert found.low > 0
    assert mean_interval(before, {}).high > mean_interval(after, {}).low


def test_only_records_that_both_have_are_compared():
    assert paired_difference({"a": 1.0, "b": 5.0}, {"a": 2.0, "c": 9.0}, {}).value == 1.0


def test_one_patient_gives_an_interval_without_width():
    found = mean_interval({"a": 0.2, "b": 0.4}, {"a": "P", "b": "P"})
    assert (found.value, found.low, found.high) == pytest.approx((0.3, 0.3, 0.3))


def test_no_values_is_said_to_be_an_error():
    with pytest.raises(ValueError, match="at least one value"):
        mean_interval({}, {})


def test_the_same_seed_gives_the_same_interval_whatever_the_order():
    values = {"a": 0.1, "b": 0.9, "c": 0.4}
    assert mean_interval(values, {}) == mean_interval(dict(reversed(values.items())), {})


def test_statistics_and_settings_come_without_torch():
    code = (
        "import sys, medstation.learning, medstation.learning.intervals, medstation.learning.settings;"
        "heavy = {'torch', 'accelerate', 'monai'} & set(sys.modules); sys.exit(str(heavy) if heavy else 0)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
