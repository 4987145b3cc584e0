"""Settings of the window. What belongs to a task stands in its own form."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QDialog, QFormLayout, QHBoxLayout, QVBoxLayout, QWidget

from medstation.api import Json
from medstation.registry.plugins import PluginInfo
from medstation.shell.look import Look
from medstation.widgets.panels import Facts, button, label


class SettingsDialog(QDialog):
    """Changes show at once. Signal: `changed(theme, text size)`."""

    changed = Signal(str, str)

    def __init__(self, look: Look, vault: Json, plugins: Sequence[PluginInfo], parent: QWidget) -> None:
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
            title = label(box.accessibleName(), "muted")
            title.setBuddy(box)
            form.addRow(title, box)
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
        layout.addWidget(label(self.tr("Plugins"), "subtitle"))
        layout.addWidget(loaded)
        layout.addStretch(1)
        layout.addLayout(end)

    def _state_of(self, plugin: PluginInfo) -> str:
        words = {"ready": self.tr("ready"), "unavailable": self.tr("unavailable"), "broken": self.tr("broken")}
        why = " ".join(part for part in (plugin.reason, plugin.hint) if part)
        return ": ".join(part for part in (words[plugin.state], why) if part)

    def _box(self, name: str, choices: dict[str, str], chosen: str) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(name)
        for value, text in choices.items():
            box.addItem(text, value)
        box.setCurrentIndex(box.findData(chosen))
        box.currentIndexChanged.connect(
            lambda _: self.changed.emit(self.theme.currentData(), self.text_size.currentData())
        )
        return box
