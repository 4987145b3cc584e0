"""Giving a record away without identity from the window: the look at its pictures, and what is confirmed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from medstation.shell.export_section import Exportable, ExportSection
from medstation.shell.text_dialog import TextDialog
from medstation.shell.text_sheet import TextSheet

pytestmark = pytest.mark.gui


def sheet(pages: int = 2) -> TextSheet:
    boxes = [[10, 20, 60, 40], [20, 25, 40, 35]]
    entries = [
        {"source": f"s{number}", "preview": f"{number}", "why": "it says so", "boxes": boxes} for number in range(pages)
    ]
    return TextSheet(entries, {str(number): np.zeros((100, 200), np.uint8) for number in range(pages)})


def test_boxes_come_by_corners_and_go_by_a_place_inside() -> None:
    one = sheet()
    one.add((150.5, 90.2), (120.0, 60.7))
    assert one.page.boxes[-1] == (120, 60, 151, 91)
    one.add((190, 95), (500, 500))
    assert one.page.boxes[-1] == (190, 95, 200, 100)
    one.add((5, 5), (5, 6))
    assert len(one.page.boxes) == 4
    one.remove_at(25, 30)
    assert (20, 25, 40, 35) not in one.page.boxes and (10, 20, 60, 40) in one.page.boxes
    one.remove_at(1, 1)
    assert len(one.page.boxes) == 3


def test_only_pages_that_were_shown_are_looked_at() -> None:
    one = sheet(3)
    assert not one.all_looked_at
    for index in (1, 2, 9):
        one.go(index)
    assert one.all_looked_at and one.index == 2
    told = json.loads(one.confirmed("tester"))
    assert told["confirmed"] is True and told["by"] == "tester"
    assert [file["source"] for file in told["files"]] == ["s0", "s1", "s2"]


def test_a_person_steps_draws_and_confirms(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    dialog = TextDialog(sheet(), parent)
    dialog.resize(900, 700)
    dialog.show()
    assert not dialog.confirm.isEnabled()
    dialog.onward.click()
    assert dialog.confirm.isEnabled() and not dialog.onward.isEnabled()
    picture = dialog.picture
    corner, other = (picture.spot(x, y).toPoint() for x, y in ((100, 50), (180, 90)))
    qtbot.mousePress(picture, Qt.MouseButton.LeftButton, pos=corner)
    qtbot.mouseMove(picture, other)
    qtbot.mouseRelease(picture, Qt.MouseButton.LeftButton, pos=other)
    left, top, right, bottom = dialog.sheet.page.boxes[-1]
    assert abs(left - 100) <= 1 and abs(top - 50) <= 1 and abs(right - 181) <= 1 and abs(bottom - 91) <= 1
    inside: QPoint = picture.spot(12, 22).toPoint()
    qtbot.mouseClick(picture, Qt.MouseButton.LeftButton, pos=inside)
    assert (10, 20, 60, 40) not in dialog.sheet.page.boxes
    qtbot.keyClick(picture, Qt.Key.Key_Delete)
    assert len(dialog.sheet.page.boxes) == 1
    picture.grab()
    with qtbot.waitSignal(dialog.confirmed):
        dialog.confirm.click()
    assert not dialog.isVisible()


def test_the_box_is_offered_where_the_task_can_and_asks_for_the_record(qtbot: QtBot, toy_plugin: Path) -> None:
    from medstation_toy.plugin import TASK

    section = ExportSection()
    qtbot.addWidget(section)
    things = [Exportable("r-7", "record", "numbers"), Exportable("l-2", "label", "value", "Value")]
    section.show_things(TASK, things)
    assert section.without_identity.isHidden()
    section.show_things(replace(TASK, deidentify_look="somewhere:look"), things)
    assert not section.without_identity.isHidden()
    section.without_identity.setChecked(True)
    section.show()
    qtbot.waitUntil(lambda: len(_shown(section)) == 1)
    (only,) = _shown(section)
    with qtbot.waitSignal(section.asked_without_identity) as asked:
        only.click()
    assert asked.args == ["r-7"]


def _shown(section: ExportSection) -> list[QPushButton]:
    return [one for one in section.findChildren(QPushButton) if one.isVisible()]
