"""The library at the left: patients and their records, or runs and models."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QStackedWidget,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from medstation.shell.items import Item
from medstation.shell.library_delegate import LibraryDelegate
from medstation.shell.library_model import KEY, LibraryModel
from medstation.shell.look import Look
from medstation.widgets.panels import EmptyState, button

FILTER_PAUSE_MS = 150
EXPAND_ALL_BELOW = 60
"""Records up to which every patient's list is unfolded at once."""


class LibraryPanel(QFrame):
    """Signals: `record_chosen(key)`, `filter_edited(text)`, `more_asked`, `import_asked`,
    `paths_dropped(list of Path)`."""

    record_chosen = Signal(str)
    filter_edited = Signal(str)
    more_asked = Signal()
    import_asked = Signal()
    paths_dropped = Signal(list)

    def __init__(self, look: Look, catalogue: QWidget) -> None:
        super().__init__()
        self.setObjectName("library")
        self.setAcceptDrops(True)
        self.setMinimumWidth(240)
        self._marking = False
        self.model = LibraryModel(self)
        self.delegate = LibraryDelegate(look.tokens)
        self.filter = self._make_filter()
        self.tree = self._make_tree()
        self.empty = EmptyState("", "")
        self.empty.action.setText(self.tr("Import files…"))
        self.empty.acted.connect(self.import_asked)
        self.more = button("", "quiet", tip=self.tr("Lists more records; the filter finds any of them at once"))
        self.more.clicked.connect(self.more_asked)
        self.more.hide()
        self.pages = QStackedWidget()
        self.lists = QStackedWidget()
        for widget in (self.tree, self.empty):
            self.lists.addWidget(widget)
        self._build(catalogue)

    def _build(self, catalogue: QWidget) -> None:
        records = QWidget()
        inside = QVBoxLayout(records)
        inside.setContentsMargins(8, 8, 8, 8)
        inside.setSpacing(8)
        inside.addWidget(self.filter)
        inside.addWidget(self.lists, 1)
        inside.addWidget(self.more)
        self.pages.addWidget(records)
        self.pages.addWidget(catalogue)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addLayout(self._make_switch())
        outer.addWidget(self.pages, 1)

    def _make_switch(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(8, 8, 8, 0)
        row.setSpacing(4)
        self._switch = QButtonGroup(self)
        for index, text in enumerate((self.tr("Records"), self.tr("Runs and models"))):
            one: QPushButton = button(text, "segment")
            one.setCheckable(True)
            one.setChecked(index == 0)
            self._switch.addButton(one, index)
            row.addWidget(one)
        row.addStretch(1)
        self._switch.idClicked.connect(self.show_page)
        return row

    def _make_filter(self) -> QLineEdit:
        edit = QLineEdit()
        edit.setPlaceholderText(self.tr("Filter patients and records…"))
        edit.setAccessibleName(self.tr("Filter patients and records"))
        edit.setClearButtonEnabled(True)
        self._pause = QTimer(self, interval=FILTER_PAUSE_MS, singleShot=True)
        self._pause.timeout.connect(lambda: self.filter_edited.emit(edit.text().strip()))
        edit.textChanged.connect(self._pause.start)
        return edit

    def _make_tree(self) -> QTreeView:
        tree = QTreeView()
        tree.setAccessibleName(self.tr("Patients and records"))
        tree.setHeaderHidden(True)
        tree.setIndentation(14)
        tree.setRootIsDecorated(False)
        tree.setUniformRowHeights(False)
        tree.setVerticalScrollMode(QTreeView.ScrollMode.ScrollPerPixel)
        tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        tree.setMouseTracking(True)
        tree.setModel(self.model)
        tree.setItemDelegate(self.delegate)
        tree.selectionModel().currentChanged.connect(self.on_current_changed)
        tree.clicked.connect(self.on_clicked)
        return tree

    def show_page(self, index: int) -> None:
        """0: records; 1: runs and models."""
        self._switch.button(index).setChecked(True)
        self.pages.setCurrentIndex(index)

    def show_items(self, items: Sequence[Item], chosen: str, more: bool = False) -> None:
        """Show these records, with `chosen` (a key, "" for none) marked. `more`: there are others."""
        self.model.show_items(items)
        self.more.setText(self.tr("First {0} records · show more").format(len(items)))
        self.more.setVisible(more)
        self.lists.setCurrentWidget(self.tree if items else self.empty)
        if len(items) <= EXPAND_ALL_BELOW:
            self.tree.expandAll()
        self.mark(chosen)

    def mark(self, key: str) -> None:
        """Mark a record without announcing it."""
        index = self.model.index_of(key)
        self._marking = True
        self.tree.setCurrentIndex(index)
        self._marking = False
        if index.isValid():
            self.tree.expand(index.parent())
            self.tree.scrollTo(index)

    def step(self, by: int) -> None:
        """Go to the next (1) or previous (-1) record in the list."""
        index = self.tree.currentIndex()
        while True:
            index = self.tree.indexBelow(index) if by > 0 else self.tree.indexAbove(index)
            if not index.isValid():
                return
            if index.data(KEY):
                self.tree.setCurrentIndex(index)
                return

    def on_current_changed(self, index: QModelIndex) -> None:
        if not self._marking and (key := index.data(KEY)):
            self.record_chosen.emit(key)

    def on_clicked(self, index: QModelIndex) -> None:
        if not index.data(KEY):
            self.tree.setExpanded(index, not self.tree.isExpanded(index))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped_paths(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.paths_dropped.emit(dropped_paths(event))


def dropped_paths(event: QDropEvent) -> list[Path]:
    """The files and folders on this machine that are being dropped."""
    return [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
