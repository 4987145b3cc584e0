"""What to label next, on a model's page: asked for with a button, shown as a queue that leads to the records."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout

from medstation.api import Json
from medstation.shell.look import Look
from medstation.widgets.panels import ButtonRow, Card, button, clear, label
from medstation.widgets.rows import Row, RowText


class SuggestionsCard(Card):
    """Signals: `asked(model id)`, `record_asked(record id)`."""

    asked = Signal(str)
    record_asked = Signal(str)

    def __init__(self, look: Look) -> None:
        super().__init__(self.tr("Label these next"))
        self._look = look
        self._model = ""
        self.told = label("", "small", wrap=True)
        self.ask = button(self.tr("Find records"), tip=self.tr("Ask the model about records without a label"))
        self.ask.clicked.connect(lambda: self.asked.emit(self._model))
        self.rows = QVBoxLayout()
        self.rows.setSpacing(2)
        self.body.addWidget(self.told)
        self.body.addLayout(self.rows)
        self.body.addWidget(ButtonRow(self.ask))

    def show_model(self, model_id: str, found: Json | None) -> None:
        """The queue of a model, None where nobody asked yet; a record's bar says how unsure the model is of it."""
        self._model = model_id
        clear(self.rows)
        self.told.setText(self._story(found))
        for number, one in enumerate(found["suggestions"] if found else (), start=1):
            unsure = self.tr("{0} % unsure").format(round(100 * one["unsure"]))
            row = Row(one["record"], RowText(f"{number}. {one['title']}", one["patient"], unsure), self._look.tokens)
            row.clicked.connect(lambda _=False, key=one["record"]: self.record_asked.emit(key))
            self.rows.addWidget(row)

    def _story(self, found: Json | None) -> str:
        if found is None:
            return self.tr(
                "The records without a label that the model is least sure of, and that are unlike each other."
            )
        if not found["suggestions"]:
            return self.tr("No record of this kind is without a label and free for training.")
        return self.tr("Of {0} records without a label, {1} were looked at.").format(
            found["unlabelled"], found["looked_at"]
        )
