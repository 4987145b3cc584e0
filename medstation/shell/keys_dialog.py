"""The keyboard map: every key there is, on one page."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from medstation.shell.commands import Command, native
from medstation.widgets.panels import Pill, button, label, scrolled


class KeysDialog(QDialog):
    """Groups of keys in two columns."""

    def __init__(self, commands: Sequence[Command], view_keys: Sequence[tuple[str, str]], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Keyboard"))
        self.resize(760, 560)
        groups: dict[str, list[tuple[str, str]]] = {}
        for command in commands:
            if command.keys:
                groups.setdefault(command.group, []).append((native(command.keys), command.title))
        if view_keys:
            groups[self.tr("Images")] = list(view_keys)
        columns = QHBoxLayout()
        columns.setSpacing(36)
        halves = (QVBoxLayout(), QVBoxLayout())
        for half in halves:
            half.setSpacing(8)
        lengths = [0, 0]
        for title, rows in groups.items():
            shorter = lengths.index(min(lengths))
            lengths[shorter] += len(rows) + 2
            half = halves[shorter]
            half.addWidget(label(title.upper(), "heading"))
            half.addLayout(self._rows(rows))
            half.addSpacing(14)
        for half in halves:
            half.addStretch(1)
            columns.addLayout(half, 1)
        inside = QWidget()
        inside.setLayout(columns)
        close = button(self.tr("Close"), "primary")
        close.clicked.connect(self.accept)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(22, 18, 22, 18)
        layout.addWidget(label(self.tr("Keyboard"), "title"))
        layout.addWidget(scrolled(inside), 1)
        layout.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)

    def _rows(self, rows: Sequence[tuple[str, str]]) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(18)
        grid.setVerticalSpacing(6)
        grid.setColumnMinimumWidth(0, 110)
        grid.setColumnStretch(1, 1)
        for row, (keys, title) in enumerate(rows):
            grid.addWidget(Pill(keys), row, 0, Qt.AlignmentFlag.AlignLeft)
            grid.addWidget(label(title), row, 1)
        return grid
