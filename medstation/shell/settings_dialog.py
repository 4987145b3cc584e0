"""Settings of the window. What belongs to a task stands in its own form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QDialog, QFormLayout, QHBoxLayout, QVBoxLayout, QWidget

from medstation.api import Json
from medstation.registry.plugins import PluginInfo
from medstation.shell.look import Look
from medstation.shell.memory import Memory
from medstation.widgets.panels import Facts, button, label


class SettingsDialog(QDialog):
    """Changes show at once. Signals: `changed(theme, text size)`, `locking_changed(minutes, also at work)`,
    `reasons_changed(whether every export needs a reason)`, which holds for everybody in the vault."""

    changed = Signal(str, str)
    locking_changed = Signal(int, bool)
    reasons_changed = Signal(bool)

    def __init__(
        self, look: Look, memory: Memory, vault: Json, reasons: bool, plugins: Sequence[PluginInfo], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Settings"))
        self.setMinimumWidth(440)
        self.theme = self._box(self.tr("Theme"), {"dark": self.tr("Dark"), "light": self.tr("Light")}, look.theme)
        sizes = {"small": self.tr("Small"), "normal": self.tr("Normal"), "large": self.tr("Large")}
        self.text_size = self._box(self.tr("Text size"), sizes, look.text_size)
        form = QFormLayout()
        form.setVerticalSpacing(10)
        form.setHorizontalSpacing(24)
        for box in (self.theme, self.text_size):
            box.currentIndexChanged.connect(self.on_look)
            self._add_row(form, box)
        locking = QFormLayout()
        locking.setVerticalSpacing(10)
        locking.setHorizontalSpacing(24)
        self.minutes = self._box(self.tr("Lock when idle"), self._waits(memory.lock_minutes), memory.lock_minutes)
        self.minutes.currentIndexChanged.connect(self.on_locking)
        self.at_work = QCheckBox(self.tr("Also while a run is at work: it stops, and can be resumed"))
        self.at_work.setChecked(memory.lock_at_work)
        self.at_work.toggled.connect(self.on_locking)
        self._add_row(locking, self.minutes)
        locking.addRow(self.at_work)
        self.reasons = QCheckBox(self.tr("Every export needs a reason, whoever makes it"))
        self.reasons.setChecked(reasons)
        self.reasons.toggled.connect(self.reasons_changed)
        locking.addRow(self.reasons)
        facts = Facts()
        facts.show_rows([(name.replace("_", " ").capitalize(), str(value)) for name, value in vault.items()])
        loaded = Facts()
        loaded.show_rows([(plugin.name, self._state_of(plugin)) for plugin in plugins])
        close = button(self.tr("Close"), "primary")
        close.clicked.connect(self.accept)
        end = QHBoxLayout()
        end.addStretch(1)
        end.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(22, 20, 22, 18)
        layout.setSpacing(14)
        layout.addWidget(label(self.tr("Appearance"), "subtitle"))
        layout.addLayout(form)
        layout.addWidget(label(self.tr("Vault"), "subtitle"))
        layout.addWidget(facts)
        layout.addLayout(locking)
        layout.addWidget(label(self.tr("Plugins"), "subtitle"))
        layout.addWidget(loaded)
        layout.addStretch(1)
        layout.addLayout(end)

    def _state_of(self, plugin: PluginInfo) -> str:
        words = {"ready": self.tr("ready"), "unavailable": self.tr("unavailable"), "broken": self.tr("broken")}
        why = " ".join(part for part in (plugin.reason, plugin.hint) if part)
        return ": ".join(part for part in (words[plugin.state], why) if part)

    def on_look(self) -> None:
        self.changed.emit(self.theme.currentData(), self.text_size.currentData())

    def on_locking(self) -> None:
        self.locking_changed.emit(self.minutes.currentData(), self.at_work.isChecked())

    def _waits(self, now: int) -> dict[int, str]:
        """Minutes to choose from, and the present value where it is another."""
        choices = sorted({5, 10, 15, 30, 60} | ({now} if now else set()))
        return {0: self.tr("Never")} | {one: self.tr("After {0} minutes").format(one) for one in choices}

    def _box(self, name: str, choices: Mapping[Any, str], chosen: object) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(name)
        for value, text in choices.items():
            box.addItem(text, value)
        box.setCurrentIndex(box.findData(chosen))
        return box

    def _add_row(self, form: QFormLayout, box: QComboBox) -> None:
        title = label(box.accessibleName(), "muted")
        title.setBuddy(box)
        form.addRow(title, box)
