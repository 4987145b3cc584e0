"""What the view shows of a record without images. Text is plain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from PySide6.QtWidgets import QFrame, QPlainTextEdit, QVBoxLayout, QWidget

from medstation.api import Record
from medstation.widgets.panels import label


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
