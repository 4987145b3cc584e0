"""What the view shows beside images: loading, a failure, a document, and cautions over the images. Text is plain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QPlainTextEdit, QProgressBar, QVBoxLayout, QWidget

from medstation.api import MedStationError, Record
from medstation.widgets.panels import button, label

PROGRESS_STEPS = 1000
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
        self.title = label(self.tr("Opening {title}").format(title=title), "subtitle", wrap=True)
        self.bar = QProgressBar(textVisible=False, maximum=0)
        self.bar.setAccessibleName(self.tr("Opening images"))
        self.text = label("", "muted", wrap=True)
        for widget in (self.title, self.bar, self.text):
            self.column.addWidget(widget)

    def on_progressed(self, done: float, text: str) -> None:
        self.bar.setMaximum(PROGRESS_STEPS)
        self.bar.setValue(round(done * PROGRESS_STEPS))
        self.text.setText(text)


class FailedPage(CentredPage):
    """Says what is wrong and what to do. `retried()` when the person asks to try again."""

    retried = Signal()

    def __init__(self, error: MedStationError) -> None:
        super().__init__()
        self.message = label(error.message, "subtitle", wrap=True)
        self.hint = label(error.hint, "muted", wrap=True)
        again = button(self.tr("Try again"))
        again.clicked.connect(self.retried)
        self.column.addWidget(label(self.tr("These images cannot be shown"), "heading"))
        self.column.addWidget(self.message)
        self.column.addWidget(self.hint)
        self.column.addWidget(again, 0, Qt.AlignmentFlag.AlignLeft)


class DocumentPage(QWidget):
    """A record without images: what is known of it, as text."""

    def __init__(self, record: Record) -> None:
        super().__init__()
        self.text = QPlainTextEdit("\n".join(document_lines(record)), readOnly=True)
        self.text.setAccessibleName(self.tr("What is known of this document"))
        self.text.setFrameShape(QFrame.Shape.NoFrame)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.addWidget(label(record.title, "title", wrap=True))
        column.addWidget(label("  ".join(filter(None, (record.subtitle, record.when[:10]))), "muted"))
        column.addWidget(self.text, 1)


def document_lines(record: Record) -> Iterator[str]:
    """Every fact of a record's `meta` on a line of its own."""
    for key, value in flat(record.meta):
        yield f"{key}: {value}"


def flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """(name, text) of the facts in a JSON value that say something; names of nested ones are joined."""
    if isinstance(value, dict):
        for key, inner in value.items():
            word = str(key).replace("_", " ")
            yield from flat(inner, f"{name}, {word}" if name else word.capitalize())
    elif isinstance(value, list) and any(isinstance(inner, dict | list) for inner in value):
        for count, inner in enumerate(value, 1):
            yield from flat(inner, f"{name} {count}")
    elif value not in (None, "", []):
        yield name, ", ".join(map(str, value)) if isinstance(value, list) else str(value)


class NotesBanner(QFrame):
    """Cautions of a record, slim and always in sight; hidden when there are none."""

    def __init__(self, notes: Sequence[str]) -> None:
        super().__init__()
        self.setProperty("role", "note")
        self.text = label("  ·  ".join(notes), tone="caution", wrap=True)
        self.text.setAccessibleName(self.tr("Cautions: {notes}").format(notes="; ".join(notes)))
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 5, 12, 5)
        row.addWidget(label("⚠", tone="caution"))
        row.addWidget(self.text, 1)
        self.setVisible(bool(notes))
