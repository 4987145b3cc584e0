"""The library's model keeps Qt's rules, and asks for pictures only when they are looked at."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QBuffer, QIODevice, QModelIndex, QPoint, Qt
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from medstation.api import Person, Record
from medstation.shell.catalogue import Catalogue
from medstation.shell.items import Item
from medstation.shell.library_model import BADGES, KEY, SUBTITLE, THUMBNAIL, LibraryModel
from medstation.shell.library_panel import LibraryPanel
from medstation.shell.look import Look

pytestmark = pytest.mark.gui


def _items(count: int) -> list[Item]:
    def record(number: int) -> Record:
        person = Person(f"P{number // 2}", "Doe^Jane", "F", "1961-05-02")
        return Record(f"r-{number}", "t", "volume", person, f"CT {number}", "600 images", "2026-03-02", {})

    return [Item(f"r-{number}", record(number), predictions=number % 2) for number in range(count)]


def _png() -> bytes:
    picture = QPixmap(8, 8)
    picture.fill(Qt.GlobalColor.red)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    picture.save(buffer, "PNG")
    return bytes(buffer.data().data())


def test_the_model_keeps_the_rules(qtbot: QtBot, qtmodeltester: ModelTester) -> None:
    model = LibraryModel()
    model.show_items(_items(7))
    qtmodeltester.check(model)
    assert model.rowCount() == 4 and model.rowCount(model.index(0, 0)) == 2


def test_a_record_is_found_and_described(qtbot: QtBot) -> None:
    model = LibraryModel()
    model.show_items(_items(4))
    index = model.index_of("r-3")
    assert index.data() == "CT 3" and index.data(KEY) == "r-3" and index.data(SUBTITLE) == "600 images · 2026-03-02"
    assert index.data(BADGES) == (("AI", "ai"),)
    assert index.parent().data() == "P1 · Doe Jane" and index.parent().data(SUBTITLE) == "F · 64 y · 2 records"
    assert model.index_of("r-99") == QModelIndex()


def test_a_patients_records_of_other_tasks_stand_below_with_the_name_of_the_task(qtbot: QtBot) -> None:
    model = LibraryModel()
    ct, note = _items(2)
    model.show_items([replace(ct, elsewhere="Notes"), note])
    patient = model.index(0, 0)
    listed = [model.index(row, 0, patient).data(SUBTITLE) for row in range(model.rowCount(patient))]
    assert listed == ["600 images · 2026-03-02", "Notes · 600 images · 2026-03-02"]


def test_a_picture_is_asked_for_once_and_kept(qtbot: QtBot) -> None:
    model = LibraryModel()
    model.show_items(_items(2))
    asked: list[str] = []
    model.thumbnail_wanted.connect(asked.append)
    index = model.index_of("r-1")
    assert index.data(THUMBNAIL) is None and index.data(THUMBNAIL) is None and asked == ["r-1"]
    with qtbot.waitSignal(model.dataChanged):
        model.set_thumbnail("r-1", _png())
    model.show_items(_items(4))
    assert isinstance(model.index_of("r-1").data(THUMBNAIL), QPixmap)
    model.set_thumbnail("r-2", b"no picture")
    assert model.index_of("r-2").data(THUMBNAIL) is None


def test_a_click_chooses_and_a_mark_does_not(qtbot: QtBot) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    look = Look(app, "dark", "normal")
    panel = LibraryPanel(look, Catalogue(look))
    qtbot.addWidget(panel)
    panel.resize(300, 600)
    panel.show()
    chosen: list[str] = []
    panel.record_chosen.connect(chosen.append)
    panel.show_items(_items(6), "r-2")
    assert chosen == [] and panel.tree.currentIndex().data(KEY) == "r-2"
    place = panel.tree.visualRect(panel.model.index_of("r-4"))
    qtbot.mouseClick(panel.tree.viewport(), Qt.MouseButton.LeftButton, pos=place.center() + QPoint(0, 0))
    assert chosen == ["r-4"]
    panel.step(1)
    assert chosen[-1] in ("r-5", "r-3", "r-0") and len(chosen) == 2
