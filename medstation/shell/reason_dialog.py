"""Why something leaves the vault, where the administrator wants to know."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from medstation.widgets.panels import button, label


class ReasonDialog(QDialog):
    """Signal: `given(reason)`."""

    given = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Reason for the export"))
        self.setFixedWidth(460)
        self.reason = QLineEdit()
        self.reason.setAccessibleName(self.tr("Reason"))
        self.reason.setPlaceholderText(self.tr("For whom or what it is"))
        self.go_on = button(self.tr("Go on"), "primary")
        self.go_on.setDefault(True)
        self.go_on.setEnabled(False)
        self.reason.textChanged.connect(lambda text: self.go_on.setEnabled(bool(text.strip())))
        self.go_on.clicked.connect(self.accept)
        self.accepted.connect(lambda: self.given.emit(self.reason.text().strip()))
        back = button(self.tr("Cancel"))
        back.clicked.connect(self.reject)
        end = QHBoxLayout()
        end.addStretch(1)
        end.addWidget(back)
        end.addWidget(self.go_on)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 22, 24, 20)
        layout.setSpacing(14)
        layout.addWidget(label(self.tr("Why does this leave the vault?"), "subtitle"))
        told = self.tr("In this vault every export has a reason. It stands in the audit log, with your name.")
        layout.addWidget(label(told, "muted", wrap=True))
        layout.addWidget(self.reason)
        layout.addLayout(end)
        self.reason.setFocus(Qt.FocusReason.OtherFocusReason)
