"""The library as Qt's views want it: patients, and below each the records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QPixmap

from medstation.shell.items import Item, Patient, by_patient
from medstation.shell.wording import person_line, person_title

Index = QModelIndex | QPersistentModelIndex
SUBTITLE = Qt.ItemDataRole.UserRole + 1
THUMBNAIL = Qt.ItemDataRole.UserRole + 2
BADGES = Qt.ItemDataRole.UserRole + 3
KEY = Qt.ItemDataRole.UserRole + 4
_TOP = 0
"""Internal id of a patient's row; a record's is its patient's row + 1."""


class LibraryModel(QAbstractItemModel):
    """Signal: `thumbnail_wanted(key)`, once for each record that a view draws and that has no picture yet."""

    thumbnail_wanted = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._patients: list[Patient] = []
        self._thumbnails: dict[str, QPixmap | None] = {}

    def show_items(self, items: Sequence[Item]) -> None:
        """Show these in place of what was shown; pictures that are known already are kept."""
        self.beginResetModel()
        self._patients = by_patient(items)
        keys = {item.key for item in items}
        self._thumbnails = {key: picture for key, picture in self._thumbnails.items() if key in keys}
        self.endResetModel()

    def set_thumbnail(self, key: str, png: bytes | None) -> None:
        """The picture of a record, as PNG; None for none."""
        picture = QPixmap()
        self._thumbnails[key] = picture if png and picture.loadFromData(png) else None
        index = self.index_of(key)
        if index.isValid():
            self.dataChanged.emit(index, index, [THUMBNAIL])

    def index_of(self, key: str) -> QModelIndex:
        """Where the record is; an invalid index where it is not shown."""
        for row, patient in enumerate(self._patients):
            for place, item in enumerate(patient.items):
                if item.key == key:
                    return self.createIndex(place, 0, row + 1)
        return QModelIndex()

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:
        if not self.hasIndex(row, column, parent):
            return QModelIndex()
        return self.createIndex(row, column, parent.row() + 1 if parent.isValid() else _TOP)

    def parent(self, index: Index = QModelIndex()) -> QModelIndex:  # type: ignore[override]  # QObject.parent is another
        if not index.isValid() or index.internalId() == _TOP:
            return QModelIndex()
        return self.createIndex(index.internalId() - 1, 0, _TOP)

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        if not parent.isValid():
            return len(self._patients)
        if parent.internalId() != _TOP or parent.column() > 0:
            return 0
        return len(self._patients[parent.row()].items)

    def columnCount(self, parent: Index = QModelIndex()) -> int:
        return 1

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        if index.internalId() == _TOP:
            return self._patient_data(self._patients[index.row()], role)
        return self._item_data(self._patients[index.internalId() - 1].items[index.row()], role)

    def _patient_data(self, patient: Patient, role: int) -> Any:
        title = person_title(patient.person)
        line = person_line(patient.person, [item.record for item in patient.items])
        if role == Qt.ItemDataRole.DisplayRole:
            return title
        if role == SUBTITLE:
            return line if patient.items[0].imported else self.tr("{0} · not imported").format(line)
        return f"{title}, {line}" if role == Qt.ItemDataRole.AccessibleTextRole else None

    def _item_data(self, item: Item, role: int) -> Any:
        record = item.record
        if role == Qt.ItemDataRole.DisplayRole:
            return record.title
        if role == SUBTITLE:
            return " · ".join(part for part in (item.elsewhere, record.subtitle, record.when[:10]) if part)
        if role == BADGES:
            return self._badges(item)
        if role == KEY:
            return item.key
        if role == THUMBNAIL:
            return self._thumbnail(item)
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            notes = [note for note in record.notes if role == Qt.ItemDataRole.ToolTipRole]
            return "\n".join([record.title, record.subtitle, *notes])
        return None

    def _badges(self, item: Item) -> tuple[tuple[str, str], ...]:
        """(word, token) pairs: what a model said, and what a person said."""
        ai = ((self.tr("AI"), "ai"),) if item.predictions else ()
        return ai + (((self.tr("label"), "safe"),) if item.labels else ())

    def _thumbnail(self, item: Item) -> QPixmap | None:
        if item.key not in self._thumbnails:
            self._thumbnails[item.key] = None
            self.thumbnail_wanted.emit(item.key)
        return self._thumbnails[item.key]
