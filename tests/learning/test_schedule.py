"""The learning rate over a run."""

from __future__ import annotations

import pytest

from medstation.learning.schedule import rate_factor


@pytest.mark.parametrize("kind", ["constant", "linear", "cosine"])
def test_the_rate_rises_in_the_warm_up_and_is_full_after_it(kind):
    rates = [rate_factor(kind, step, 100, 0.1) for step in range(100)]
    assert rates[:10] == sorted(rates[:10])
    assert 0 < rates[0] < 0.2
    assert rates[10] == 1.0


def test_each_schedule_falls_as_its_name_says():
    assert {rate_factor("constant", step, 100, 0.1) for step in range(10, 100)} == {1.0}
    assert rate_factor("linear", 55, 100, 0.1) == pytest.approx(0.5)
    assert rate_factor("cosine", 55, 100, 0.1) == pytest.approx(0.5)
    assert rate_factor("cosine", 30, 100, 0.1) > rate_factor("linear", 30, 100, 0.1)


@pytest.mark.parametrize("kind", ["linear", "cosine"])
def test_the_rate_never_rises_again_and_ends_near_nothing(kind):
    rates = [rate_factor(kind, step, 200, 0.05) for step in range(10, 200)]
    assert rates == sorted(rates, reverse=True)
    assert 0 < rates[-1] < 0.02


def test_a_run_of_one_step_has_a_rate():
    assert rate_factor("cosine", 0, 1, 0.05) > 0
    assert rate_factor("cosine", 0, 1, 0.0) == 1.0
