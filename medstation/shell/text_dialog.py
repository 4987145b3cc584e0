"""A person's look at every picture that may hold burnt-in text, before it leaves the vault without identity."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from medstation.shell.boxed_picture import BoxedPicture
from medstation.shell.text_sheet import TextSheet
from medstation.widgets.panels import button, label


class TextDialog(QDialog):
    """Steps through the pictures; it can be confirmed once all were shown. Signal: `confirmed`."""

    confirmed = Signal()

    def __init__(self, sheet: TextSheet, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Text in pictures"))
        self.sheet = sheet
        self.picture = BoxedPicture(sheet)
        self.counted, self.why = label(), label(role="muted", wrap=True)
        self.back, self.onward = button(self.tr("Previous")), button(self.tr("Next"))
        self.confirm = button(self.tr("All text is in boxes: blank them"), "primary")
        cancel = button(self.tr("Cancel"))
        self.back.clicked.connect(lambda: self._go(-1))
        self.onward.clicked.connect(lambda: self._go(1))
        self.confirm.clicked.connect(self.on_confirmed)
        cancel.clicked.connect(self.reject)
        self.picture.changed.connect(self._show)
        how = self.tr(
            "What is in the boxes is blanked for good in the copies. Drag over text that has no box; click into a box "
            "that covers none."
        )
        row = QHBoxLayout()
        row.setSpacing(8)
        for one in (self.back, self.onward, self.counted):
            row.addWidget(one)
        row.addStretch(1)
        row.addWidget(cancel)
        row.addWidget(self.confirm)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 16)
        layout.setSpacing(10)
        layout.addWidget(label(how, wrap=True))
        layout.addWidget(self.picture, 1)
        layout.addWidget(self.why)
        layout.addLayout(row)
        self._show()

    def on_confirmed(self) -> None:
        self.confirmed.emit()
        self.accept()

    def _go(self, by: int) -> None:
        self.sheet.go(self.sheet.index + by)
        self._show()

    def _show(self) -> None:
        sheet = self.sheet
        count = self.tr("Picture {0} of {1}, {2} boxes")
        self.counted.setText(count.format(sheet.index + 1, len(sheet.pages), len(sheet.page.boxes)))
        self.why.setText(self.tr("Why it is shown: {0}").format(sheet.page.why))
        self.back.setEnabled(sheet.index > 0)
        self.onward.setEnabled(sheet.index < len(sheet.pages) - 1)
        self.confirm.setEnabled(sheet.all_looked_at)
        self.confirm.setToolTip("" if sheet.all_looked_at else self.tr("Look at every picture first"))
        self.picture.update()
