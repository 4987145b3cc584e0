"""A vault that nobody works at locks itself."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QObject
from pytestqt.qtbot import QtBot

from medstation.shell.idle import IdleLock, seconds_since_start
from medstation.shell.memory import Memory
from medstation.shell.run import LOCKED, Shell

pytestmark = pytest.mark.gui


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def watched(memory: Memory, clock: Clock, busy: bool = False) -> tuple[IdleLock, list[bool]]:
    idle = IdleLock(QObject(), memory, lambda: busy, clock)
    told: list[bool] = []
    idle.due.connect(lambda: told.append(True))
    idle.begin()
    return idle, told


def test_it_is_due_after_the_minutes_that_were_chosen_and_told_once(qtbot: QtBot, clock: Clock) -> None:
    idle, told = watched(Memory(lock_minutes=10), clock)
    clock.now += 599
    idle.look()
    assert not told
    clock.now += 1
    idle.look()
    assert told == [True]


def test_a_touch_begins_the_wait_anew(qtbot: QtBot, clock: Clock) -> None:
    idle, told = watched(Memory(lock_minutes=10), clock)
    clock.now += 500
    idle.eventFilter(idle, QEvent(QEvent.Type.KeyPress))
    clock.now += 500
    idle.look()
    assert not told


def test_the_first_touch_after_a_sleep_finds_it_locked(qtbot: QtBot, clock: Clock) -> None:
    idle, told = watched(Memory(lock_minutes=10), clock)
    clock.now += 3600
    idle.eventFilter(idle, QEvent(QEvent.Type.MouseMove))
    assert told == [True]


@pytest.mark.parametrize(("at_work", "expected"), [(False, []), (True, [True])])
def test_a_run_at_work_is_spared_unless_told_otherwise(
    qtbot: QtBot, clock: Clock, at_work: bool, expected: list[bool]
) -> None:
    idle, told = watched(Memory(lock_minutes=10, lock_at_work=at_work), clock, busy=True)
    clock.now += 3600
    idle.look()
    assert told == expected


def test_never_is_never(qtbot: QtBot, clock: Clock) -> None:
    idle, told = watched(Memory(lock_minutes=0), clock)
    clock.now += 1e9
    idle.look()
    assert not told


def test_the_clock_goes_on() -> None:
    first = seconds_since_start()
    assert seconds_since_start() >= first > 0


def test_the_window_ends_at_the_lock_without_asking(qtbot: QtBot, shell: Shell) -> None:
    assert shell.office is not None
    shell.window.runs_at_work = ["a run"]
    shell.office.idle.due.emit()
    assert shell.ended.done() and shell.ended.result() == LOCKED
