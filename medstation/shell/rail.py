"""The task rail at the left edge: one button per task, the settings at the bottom."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QToolButton, QVBoxLayout

from medstation.api import TaskSpec
from medstation.shell.look import Look
from medstation.widgets.icons import icon


class Rail(QFrame):
    """Signals: `task_chosen(task id)`, `settings_asked`."""

    task_chosen = Signal(str)
    settings_asked = Signal()

    def __init__(self, tasks: Iterable[TaskSpec], look: Look) -> None:
        super().__init__()
        self.setObjectName("rail")
        self.setFixedWidth(52)
        self._look = look
        self._icons: list[tuple[QToolButton, str]] = []
        self.buttons: dict[str, QToolButton] = {}
        group = QButtonGroup(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 8, 6, 8)
        layout.setSpacing(6)
        for task in tasks:
            one = self._button(task.icon, task.title, f"{task.title}: {task.summary}")
            one.setCheckable(True)
            one.clicked.connect(lambda _, task_id=task.id: self.task_chosen.emit(task_id))
            group.addButton(one)
            layout.addWidget(one)
            self.buttons[task.id] = one
        layout.addStretch(1)
        settings = self._button("settings", self.tr("Settings"), self.tr("Settings (Ctrl+,)"))
        settings.clicked.connect(self.settings_asked)
        layout.addWidget(settings)
        look.changed.connect(self.draw_icons)
        self.draw_icons()

    def _button(self, name: str, title: str, tip: str) -> QToolButton:
        one = QToolButton()
        one.setFixedSize(40, 40)
        one.setIconSize(QSize(22, 22))
        one.setAccessibleName(title)
        one.setToolTip(tip)
        self._icons.append((one, name))
        return one

    def mark(self, task_id: str) -> None:
        """Show which task is chosen."""
        if task_id in self.buttons:
            self.buttons[task_id].setChecked(True)

    def draw_icons(self) -> None:
        for one, name in self._icons:
            one.setIcon(icon(name, self._look.tokens["muted"], self._look.tokens["accent"], 22))
