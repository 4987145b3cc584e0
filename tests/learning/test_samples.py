"""Cases made ready stay in memory, up to the bound."""

from __future__ import annotations

import pytest

from medstation.learning.samples import Samples


@pytest.fixture
def kept(toy):
    one = toy.recipe.prepare(toy.request().cases[0], {"width": 8}, toy.bench).features.nbytes
    toy.bench.prepared.clear()
    return Samples(toy.recipe, {"width": 8}, toy.bench, limit=3 * one)


def test_a_case_is_read_once_as_long_as_there_is_room(toy, kept):
    for case in toy.request().cases[:3] * 5:
        kept[case]
    assert toy.bench.prepared == ["r-0", "r-1", "r-2"]


def test_the_one_used_longest_ago_gives_way(toy, kept):
    first, second, third, fourth = toy.request().cases[:4]
    for case in (first, second, third, first, fourth, first, second):
        kept[case]
    assert toy.bench.prepared == ["r-0", "r-1", "r-2", "r-3", "r-1"]


def test_it_says_when_there_is_no_more_room(toy, kept):
    told = [kept.full]
    for case in toy.request().cases[:3]:
        kept[case]
        told.append(kept.full)
    assert told == [False, False, False, True]


def test_a_sample_larger_than_all_the_room_is_used_and_not_kept(toy):
    tiny = Samples(toy.recipe, {"width": 8}, toy.bench, limit=1)
    case = toy.request().cases[0]
    assert tiny[case].target == tiny[case].target
    assert toy.bench.prepared == ["r-0", "r-0"]


def test_a_run_that_does_not_fit_into_memory_gives_the_same_result(toy, monkeypatch):
    roomy = toy.run(epochs=2)
    monkeypatch.setattr("medstation.learning.samples.SHARE_OF_MEMORY", 0.0)
    assert toy.run(epochs=2)[-1].weights == roomy[-1].weights
