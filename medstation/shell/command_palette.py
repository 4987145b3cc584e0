"""The search box that opens with Ctrl K: patients, records, models and commands."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QVBoxLayout, QWidget

from medstation.shell.finder import Entry, find
from medstation.shell.look import Look
from medstation.widgets.panels import clear, label
from medstation.widgets.rows import Row, RowText, rows_in

MOST = 10
OWN_KEYS = (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape)


class CommandPalette(QFrame):
    """Lies over its parent while it is open; Up, Down and Enter choose, Escape closes."""

    def __init__(self, parent: QWidget, look: Look) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.setAccessibleName(self.tr("Search or run a command"))
        self._tokens = look.tokens
        self._entries: Sequence[Entry] = ()
        self.found: Sequence[Entry] = ()
        self.current = 0
        self.edit = QLineEdit()
        self.edit.setPlaceholderText(self.tr("Find patients, records, models and commands"))
        self.edit.setAccessibleName(self.tr("Find patients, records, models and commands"))
        self.edit.textChanged.connect(self.search)
        self.edit.installEventFilter(self)
        self.none = label(self.tr("Nothing found"), "muted")
        self._rows = QVBoxLayout()
        self._rows.setSpacing(2)
        self._over = parent
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(10, 10, 10, 10)
        self._layout.setSpacing(8)
        self._layout.addWidget(self.edit)
        self._layout.addWidget(self.none)
        self._layout.addLayout(self._rows)
        self.hide()

    def open_with(self, entries: Sequence[Entry]) -> None:
        """Open over these."""
        self._entries = entries
        self.edit.clear()
        self.search("")
        self.show()
        self.raise_()
        self.edit.setFocus()

    def search(self, query: str) -> None:
        """Show what fits."""
        self.found, self.current = find(query, self._entries, MOST), 0
        clear(self._rows)
        for index, entry in enumerate(self.found):
            text = RowText(entry.title, entry.detail, entry.keys or entry.kind, entry.kind if entry.keys else "")
            row = Row(str(index), text, self._tokens)
            row.setCheckable(True)
            row.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            row.clicked.connect(lambda _, index=index: self.choose(index))
            self._rows.addWidget(row)
            row.show()  # a layout would show it later, and count it as nothing until then
        self.none.setVisible(not self.found)
        self._mark()
        self._fit()

    def _fit(self) -> None:
        """Centred below the top bar, as high as what was found."""
        width = min(620, self._over.width() - 40)
        self._layout.activate()
        self.resize(width, self._layout.totalSizeHint().height())
        self.move((self._over.width() - width) // 2, 52)

    def _mark(self) -> None:
        for index, row in enumerate(rows_in(self._rows)):
            row.setChecked(index == self.current)
        if self.found:
            self.edit.setAccessibleDescription(self.found[self.current].title)

    def choose(self, index: int) -> None:
        """Close, and do what the entry says."""
        self.hide()
        if 0 <= index < len(self.found):
            self.found[index].act()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.edit and isinstance(event, QKeyEvent) and event.key() in OWN_KEYS:
            if event.type() == QEvent.Type.ShortcutOverride:
                event.accept()  # or else the window's own Escape would come first
                return True
            return event.type() == QEvent.Type.KeyPress and self._on_key(event.key())
        if watched is self.edit and event.type() == QEvent.Type.FocusOut:
            self.hide()
        return False

    def _on_key(self, key: int) -> bool:
        if key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            step = 1 if key == Qt.Key.Key_Down else -1
            self.current = (self.current + step) % max(len(self.found), 1)
            self._mark()
            return True
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.choose(self.current)
            return True
        if key == Qt.Key.Key_Escape:
            self.hide()
            return True
        return False
