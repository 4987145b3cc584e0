"""What the window says and counts, without a window."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medstation.api import Person, Record
from medstation.shell.finder import Entry, find
from medstation.shell.items import Item, by_patient
from medstation.shell.job_board import QUIET_SECONDS, JobBoard
from medstation.shell.run_story import RunStory
from medstation.shell.wording import age, comparison_word, difference, interval, number, person_line, time_left


def _record(key: str, patient: str, when: str = "", title: str = "CT") -> Record:
    return Record(key, "t", "volume", Person(patient, "", "F", "1961-05-02"), title, "", when, {})


def test_numbers_stand_with_their_doubt() -> None:
    assert interval({"value": 0.86, "low": 0.82, "high": 0.89}) == "0.860 [0.820–0.890]"
    assert difference({"value": -0.5, "low": -0.9, "high": 0.1}) == "−0.500 [−0.900, +0.100]"
    assert number(math.nan) == "–" and number(1234.5) in ("1234", "1235") and number(12.34) == "12.3"


@given(st.floats(-1, 1), st.floats(0, 1), st.booleans())
def test_only_an_interval_without_zero_says_anything(middle: float, half: float, higher: bool) -> None:
    measured = {"value": middle, "low": middle - half, "high": middle + half}
    word, _ = comparison_word(measured, higher)
    if measured["low"] <= 0 <= measured["high"]:
        assert word == "no difference shown"
    else:
        assert word == ("better" if (middle > 0) == higher else "worse")


def test_people_are_as_old_as_they_were_then() -> None:
    person = Person("P", "", "F", "1961-05-02")
    assert age(person, "2026-05-01T10:00") == 64 and age(person, "2026-05-02") == 65
    assert age(Person("P"), "2026") is None and age(Person("P", birth_date="2999-01-01"), "2026-01-01") is None
    assert person_line(person, [_record("r-1", "P", "2026-05-02")]) == "F · 65 y · 1 record"


def test_times_left_are_rough_on_purpose() -> None:
    assert time_left(3) == "a few seconds left" and time_left(62) == "60 s left"
    assert time_left(600) == "10 min left" and time_left(9000) == "2.5 h left"


def test_patients_come_in_order_and_their_newest_record_first() -> None:
    items = [
        Item(key, _record(key, patient, when))
        for key, patient, when in (("r-1", "B", "2020"), ("r-2", "a", "2021"), ("r-3", "B", "2022"))
    ]
    patients = by_patient(items)
    assert [patient.person.key for patient in patients] == ["a", "B"]
    assert [item.key for item in patients[1].items] == ["r-3", "r-1"]


def test_a_story_can_be_told_twice_and_in_parts() -> None:
    events = [
        {"event": "started", "epochs": 4, "facts": {"device": "cpu"}},
        {"event": "evaluation", "model": "before", "cases": {"r-1": {"dice": 0.2}, "r-2": {"dice": 0.4}}},
        {"event": "metric", "epoch": 0.5, "values": {"loss/train": 2.0}},
        {"event": "metric", "epoch": 1.0, "values": {"loss/train": 1.0, "dice": 0.5}},
        {"event": "metric", "epoch": 2.0, "values": {"loss/train": 0.9, "dice": 0.6}},
        {"event": "metric", "epoch": 2.0, "values": {"loss/train": 0.8, "dice": 0.7}},
        {"event": "something new", "values": 3},
        {"event": "finished", "epochs": 2, "best_epoch": 2, "stopped": "early"},
    ]
    story = RunStory.of(events)
    assert story.points("loss/train") == ((0.5, 2.0), (1.0, 1.0), (2.0, 0.8))
    assert story.epoch == 2.0 and story.epochs == 4 and story.tested["before"]["dice"] == pytest.approx(0.3)
    assert "best epoch 2" in story.log[-1] and sum("epoch 1/4" in line for line in story.log) == 1


def test_short_work_is_never_shown_and_long_work_tells_its_end() -> None:
    now = [0.0]
    board = JobBoard(lambda: now[0])
    stopped: list[str] = []
    board.begin("a", "Import", lambda: stopped.append("a"))
    assert board.shown() == []
    now[0] = QUIET_SECONDS
    board.progress("a", 0.25, "file 1 of 4")
    ((_, line),) = board.shown()
    assert board.seconds_left(line) is None
    now[0] = 10.0
    assert board.seconds_left(line) == pytest.approx(30.0)
    board.stop("a")
    assert stopped == ["a"] and line.stopping
    board.end("a")
    board.progress("a", 1.0, "late")
    assert len(board) == 0


def _entry(title: str, kind: str = "command") -> Entry:
    return Entry(title, "", kind, lambda: None)


def test_finding_prefers_what_begins_like_the_query() -> None:
    entries = [_entry("Show Fine-tune"), _entry("Fine tremor", "record"), _entry("Lock the vault"), _entry("DEMO-0007")]
    assert [one.title for one in find("fine", entries)] == ["Fine tremor", "Show Fine-tune"]
    assert find("demo 7", entries)[0].title == "DEMO-0007" and find("lv", entries)[0].title == "Lock the vault"
    assert find("xyzzy", entries) == [] and len(find("", entries)) == 4
