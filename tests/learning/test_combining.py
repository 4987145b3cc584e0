"""Combining cases into one number with an interval."""

from __future__ import annotations

import numpy as np
import pytest

from medstation.api import MetricSpec
from medstation.learning.combining import apart, combined, difference, estimate

MEAN = MetricSpec("dice", "Dice")
F1 = MetricSpec("f1", "F1", combine="ratio", columns=("over", "under"))
RMSE = MetricSpec("rmse", "RMSE", combine="root ratio", columns=("squares", "count"))
AUC = MetricSpec("auc", "AUC", combine="auc", columns=("score", "truth"))


def one_each(cases: dict[str, dict[str, float]]) -> dict[str, str]:
    return {record: record for record in cases}


def test_a_mean_is_the_mean_and_lies_in_its_interval() -> None:
    cases = {f"r{number}": {"dice": number / 10} for number in range(10)}
    found = estimate(MEAN, cases, one_each(cases))
    assert found.value == pytest.approx(0.45) and found.low < 0.45 < found.high


def test_a_ratio_is_of_the_sums_not_a_mean_of_ratios() -> None:
    cases = {"a": {"over": 1, "under": 1}, "b": {"over": 0, "under": 3}}
    assert estimate(F1, cases, one_each(cases)).value == pytest.approx(0.25)


def test_rmse_is_the_root_of_the_mean_square() -> None:
    rng = np.random.default_rng(0)
    errors = {f"r{number}": rng.normal(size=5) for number in range(20)}
    cases = {record: {"squares": float((error**2).sum()), "count": 5.0} for record, error in errors.items()}
    truth = np.sqrt(np.mean(np.concatenate(list(errors.values())) ** 2))
    assert estimate(RMSE, cases, one_each(cases)).value == pytest.approx(truth)


def test_auc_counts_pairs_and_ties_half() -> None:
    rng = np.random.default_rng(1)
    scores, truths = rng.integers(0, 8, 60), rng.integers(0, 2, 60)
    cases = {str(i): {"score": float(scores[i]), "truth": float(truths[i])} for i in range(60)}
    pairs = [
        (scores[i] > scores[j]) + 0.5 * (scores[i] == scores[j])
        for i in np.flatnonzero(truths)
        for j in np.flatnonzero(truths == 0)
    ]
    assert estimate(AUC, cases, one_each(cases)).value == pytest.approx(np.mean(pairs))


def test_records_of_one_patient_are_drawn_together() -> None:
    cases = {f"r{number}": {"dice": float(number % 2)} for number in range(40)}
    alone = estimate(MEAN, cases, one_each(cases))
    paired = estimate(MEAN, cases, {record: str(int(record[1:]) % 2) for record in cases})
    assert paired.high - paired.low > 2 * (alone.high - alone.low)


def test_a_difference_is_paired() -> None:
    rng = np.random.default_rng(2)
    base = rng.uniform(size=30)
    before = {f"r{i}": {"dice": float(base[i])} for i in range(30)}
    after = {f"r{i}": {"dice": float(base[i] + 0.1)} for i in range(30)}
    found = difference(MEAN, before, after, one_each(before))
    assert (found.value, found.low, found.high) == pytest.approx((0.1, 0.1, 0.1))


def test_a_metric_nobody_has_is_named() -> None:
    with pytest.raises(ValueError, match="dice"):
        estimate(MEAN, {"r1": {"other": 1.0}}, {})


def test_a_random_score_has_an_area_of_one_half_within_its_interval():
    rng = np.random.default_rng(4)
    cases = {str(i): {"score": float(rng.random()), "truth": float(rng.random() < 0.5)} for i in range(150)}
    found = estimate(AUC, cases, {}, resamples=400)
    assert found.low < 0.5 < found.high
    assert found.high - found.low == pytest.approx(0.18, abs=0.04)


def test_a_change_of_a_ratio_is_drawn_with_the_same_patients_for_both():
    rng = np.random.default_rng(6)
    before = {str(i): {"over": float(x), "under": 10.0} for i, x in enumerate(rng.integers(0, 9, 40))}
    after = {record: {**case, "over": case["over"] + 0.5} for record, case in before.items()}
    found = difference(F1, before, after, {})
    assert (found.value, found.low, found.high) == pytest.approx((0.05, 0.05, 0.05))


def test_cases_to_which_a_metric_does_not_apply_are_left_out():
    dice = MetricSpec("dice", "Dice")
    assert combined(dice, {"a": {"dice": 0.5}, "b": {"dice": float("nan")}, "c": {}}) == 0.5
    assert combined(dice, {"c": {}}) is None


def test_two_groups_are_apart_by_their_own_draws():
    metric = MetricSpec("dice", "Dice")
    high = {f"h-{n}": {"dice": 0.9 + 0.01 * (n % 3)} for n in range(12)}
    low = {f"l-{n}": {"dice": 0.7 + 0.01 * (n % 3)} for n in range(12)}
    found = apart(metric, high, low, {})
    assert found.value == pytest.approx(0.2) and 0.18 < found.low <= found.value <= found.high < 0.22
    same = apart(metric, high, dict(high), {})
    assert same.low <= 0 <= same.high
