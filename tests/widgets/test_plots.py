"""A chart draws what it is given, also when values are missing or wild."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medstation.widgets.plots import Line, LineChart, Mark, nearest
from medstation.widgets.scale import tick_texts, ticks, value_range
from medstation.widgets.theme import TOKENS

pytestmark = pytest.mark.gui


@given(st.floats(-1e6, 1e6), st.floats(0.01, 1e6))
def test_ticks_are_inside_the_range_and_few(low: float, width: float) -> None:
    found = ticks(low, low + width)
    slack = width * 1e-6
    assert all(low - slack <= tick <= low + width + slack for tick in found) and len(found) <= 12


def test_ticks_are_round_and_their_text_is_short() -> None:
    assert ticks(0.0, 1.0) == pytest.approx([0.0, 0.2, 0.4, 0.6, 0.8, 1.0])
    assert tick_texts(ticks(0.71, 0.89, 3)) == ["0.75", "0.80", "0.85"]


def test_a_range_ignores_what_is_not_a_number() -> None:
    low, high = value_range([math.nan, 1.0, 3.0, math.inf])
    assert low < 1.0 and high > 3.0 and math.isfinite(high)
    assert value_range([]) == (0.0, 1.0)


def test_the_nearest_point_is_found() -> None:
    assert nearest(((0.0, 1.0), (1.0, 2.0), (2.0, 3.0)), 1.4) == (1.0, 2.0)
    assert nearest(((0.0, 1.0),), 9.0) == (0.0, 1.0)


def test_lines_appear_in_their_colours(qtbot: object) -> None:
    chart = LineChart("Loss", TOKENS["dark"], "epoch")
    chart.resize(400, 200)
    empty = chart.grab().toImage()
    points = ((0.0, 0.9), (1.0, math.nan), (2.0, 0.4), (3.0, 0.3))
    chart.show_lines([Line("train", points, "before")], 10, Mark(0.5, "today 0.50"))
    drawn = chart.grab().toImage()
    assert drawn != empty
    colours = {drawn.pixelColor(x, y).name() for x in range(400) for y in range(200)}
    assert TOKENS["dark"]["before"] in colours
    assert chart.accessibleDescription() == "train 0.3"
