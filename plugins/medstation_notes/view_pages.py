"""What the view shows beside the note: loading, and a failure. Text is plain."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from medstation.api import MedStationError
from medstation.widgets.panels import button, label

STEPS = 1000
COLUMN_WIDTH = 440


class CentredPage(QWidget):
    """A quiet page with a column in its middle."""

    def __init__(self) -> None:
        super().__init__()
        self.column = QVBoxLayout()
        self.column.setSpacing(10)
        middle = QWidget()
        middle.setLayout(self.column)
        middle.setFixedWidth(COLUMN_WIDTH)
        outer = QGridLayout(self)
        outer.addWidget(middle, 1, 1)
        for side in (0, 2):
            outer.setRowStretch(side, 1)
            outer.setColumnStretch(side, 1)


class LoadingPage(CentredPage):
    """Says what is being opened, and how far it is."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.bar = QProgressBar(textVisible=False, maximum=0)
        self.bar.setAccessibleName(self.tr("Opening the note"))
        self.text = label("", "muted", wrap=True)
        for widget in (
            label(self.tr("Opening {title}").format(title=title), "subtitle", wrap=True),
            self.bar,
            self.text,
        ):
            self.column.addWidget(widget)

    def on_progressed(self, done: float, text: str) -> None:
        self.bar.setMaximum(STEPS)
        self.bar.setValue(round(done * STEPS))
        self.text.setText(text)


class FailedPage(CentredPage):
    """Says what is wrong and what to do. `retried()` when the person asks to try again."""

    retried = Signal()

    def __init__(self, error: MedStationError) -> None:
        super().__init__()
        again = button(self.tr("Try again"))
        again.clicked.connect(self.retried)
        self.column.addWidget(label(self.tr("This note cannot be shown"), "heading"))
        self.column.addWidget(label(error.message, "subtitle", wrap=True))
        self.column.addWidget(label(error.hint, "muted", wrap=True))
        self.column.addWidget(again, 0, Qt.AlignmentFlag.AlignLeft)


class Cautions(QFrame):
    """Notes on a record, slim and always in sight; hidden when there are none."""

    def __init__(self, notes: tuple[str, ...]) -> None:
        super().__init__()
        self.setProperty("role", "note")
        text = label("  ·  ".join(notes), tone="caution", wrap=True)
        text.setAccessibleName(self.tr("Cautions: {notes}").format(notes="; ".join(notes)))
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 5, 12, 5)
        row.addWidget(label("⚠", tone="caution"))
        row.addWidget(text, 1)
        self.setVisible(bool(notes))
