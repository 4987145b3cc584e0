"""Runs and models of a task, as a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, SignalInstance
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from medstation.api import ModelInfo, Recipe, TaskSpec
from medstation.shell.look import Look
from medstation.shell.wording import model_measured, model_title, states
from medstation.widgets.panels import ButtonRow, button, clear, label, scrolled
from medstation.widgets.rows import Row, RowText, rows_in

if TYPE_CHECKING:
    from medstation.library import Run


def run_text(run: Run) -> RowText:
    """A run as a row."""
    word, tone = states(run.state)
    return RowText(f"{run.id.replace('-', ' ')} · {run.name}", run.message or run.dataset, state=word, state_tone=tone)


def model_text(model: ModelInfo, recipe: Recipe | None) -> RowText:
    """A model as a row."""
    word, tone = states(model.state)
    measured = model_measured(model, recipe)
    detail = " ".join(measured[0]) if measured else (recipe.title if recipe else model.recipe)
    return RowText(model_title(model), detail, state=word, state_tone=tone)


class Catalogue(QWidget):
    """Signals: `run_chosen(id)`, `model_chosen(id)`; `import_asked`, `import_folder_asked` for models from outside."""

    run_chosen = Signal(str)
    model_chosen = Signal(str)
    import_asked = Signal()
    import_folder_asked = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._tokens = look.tokens
        self._task: TaskSpec | None = None
        self._runs: Sequence[Run] = ()
        self._models: Sequence[ModelInfo] = ()
        self._chosen = ""
        self.filter = QLineEdit()
        self.filter.setPlaceholderText(self.tr("Filter runs and models…"))
        self.filter.setAccessibleName(self.tr("Filter runs and models"))
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(self.draw)
        inside = QWidget()
        self._rows = QVBoxLayout(inside)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addWidget(self.filter)
        layout.addWidget(scrolled(inside), 1)
        self.package = button(self.tr("Import a model…"), tip=self.tr("A model package, as MedStation exports it"))
        self.folder = button(
            self.tr("From a folder…"), tip=self.tr("A model of another program, with safetensors weights")
        )
        self.folder.setAccessibleName(self.tr("Import a model from a folder"))
        self.package.clicked.connect(self.import_asked)
        self.folder.clicked.connect(self.import_folder_asked)
        layout.addWidget(ButtonRow(self.package, self.folder))

    def show_all(self, task: TaskSpec, runs: Sequence[Run], models: Sequence[ModelInfo]) -> None:
        """Show these, newest first."""
        self._task, self._runs, self._models = task, runs, models
        self.draw()

    def mark(self, chosen: str) -> None:
        """Show which run or model is open."""
        self._chosen = chosen
        for row in rows_in(self._rows):
            row.setChecked(row.key == chosen)

    def draw(self) -> None:
        clear(self._rows)
        runs = [(run.id, run_text(run)) for run in self._runs]
        models = [(model.id, model_text(model, self._recipe(model))) for model in self._models]
        self._draw_part(self.tr("Runs"), runs, self.run_chosen, self.tr("No run yet. Fine-tune starts one."))
        self._draw_part(
            self.tr("Models"), models, self.model_chosen, self.tr("No model yet. A run makes one, or import one.")
        )
        self._rows.addStretch(1)

    def _recipe(self, model: ModelInfo) -> Recipe | None:
        return self._task.recipe(model.recipe) if self._task else None

    def _draw_part(self, title: str, texts: Sequence[tuple[str, RowText]], chosen: SignalInstance, empty: str) -> None:
        heading = label(title.upper(), "heading")
        heading.setContentsMargins(8, 10, 8, 4)
        self._rows.addWidget(heading)
        wanted = self.filter.text().casefold().split()
        fitting = [one for one in texts if all(word in f"{one[1].title} {one[1].detail}".casefold() for word in wanted)]
        for key, text in fitting:
            row = Row(key, text, self._tokens)
            row.setCheckable(True)
            row.setChecked(key == self._chosen)
            row.clicked.connect(lambda _, key=key: chosen.emit(key))
            self._rows.addWidget(row)
        if not fitting:
            told = label(self.tr("Nothing fits the filter.") if texts else empty, "small", wrap=True)
            told.setContentsMargins(8, 0, 8, 4)
            self._rows.addWidget(told)
