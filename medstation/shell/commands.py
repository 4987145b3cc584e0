"""What can be done by key or by name: one list for shortcuts, the search box and the keyboard map."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from medstation.shell.finder import Entry


@dataclass(frozen=True)
class Command:
    """`keys` is in Qt's portable form ("Ctrl+K"), "" for none; `group` heads it in the keyboard map; `right` is the act
    that it leads to, as `medstation.vault.rights` calls it, "" where every role may do it."""

    title: str
    group: str
    act: Callable[[], None]
    keys: str = ""
    right: str = ""

    def entry(self, kind: str) -> Entry:
        """The command as the search box lists it."""
        return Entry(self.title, self.group, kind, self.act, native(self.keys))


def native(keys: str) -> str:
    """Keys as they are written on this system."""
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText) if keys else ""


def install(commands: Iterable[Command], owner: QWidget) -> None:
    """Give `owner` the commands' shortcuts."""
    for command in commands:
        if command.keys:
            action = QAction(command.title, owner)
            action.setShortcut(QKeySequence(command.keys))
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            action.triggered.connect(lambda _=False, act=command.act: act())
            owner.addAction(action)
