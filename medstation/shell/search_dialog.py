"""How long to search for settings; and what was found."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from medstation.api import Setting
from medstation.widgets.forms import SettingsForm
from medstation.widgets.panels import ButtonRow, button, label

BOUNDS = (
    Setting("trials", "integer", 20, "Trials", "Short fine-tunings at most", minimum=2, maximum=1000),
    Setting("minutes", "number", 60.0, "Time", "No trial begins after it", unit="min", minimum=1, maximum=10_000),
)


class SearchDialog(QDialog):
    """Signal: `asked(trials, minutes)`."""

    asked = Signal(int, float)

    def __init__(self, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Search settings"))
        self.setMinimumWidth(420)
        self.form = SettingsForm(BOUNDS)
        self.start = button(self.tr("Search"), "primary")
        self.cancel = button(self.tr("Cancel"))
        explained = self.tr(
            "Tries learning rates and other settings in short fine-tunings, judged on the validation patients. "
            "The test patients are not looked at. The best settings are put into the form; the others stay."
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 18)
        layout.setSpacing(12)
        layout.addWidget(label(title, "subtitle"))
        layout.addWidget(label(explained, "muted", wrap=True))
        layout.addWidget(self.form)
        layout.addWidget(ButtonRow(self.start, self.cancel))
        self.form.changed.connect(lambda: self.start.setEnabled(not self.form.faults()))
        self.start.clicked.connect(self.on_start)
        self.cancel.clicked.connect(self.reject)

    def on_start(self) -> None:
        values = self.form.values()
        self.accept()
        self.asked.emit(int(values["trials"]), float(values["minutes"]))
