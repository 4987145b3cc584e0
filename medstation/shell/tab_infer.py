"""Inspector, second tab: choose a model, run it on the record, look at what it says, and say whether it is right."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from medstation.api import ModelInfo, TaskSpec
from medstation.shell.export_section import Exportable, ExportSection
from medstation.shell.findings import FindingsSection
from medstation.shell.items import Item
from medstation.shell.look import Look
from medstation.shell.verdict_section import VerdictSection
from medstation.shell.why_section import WhySection
from medstation.shell.wording import model_measured, model_title, states
from medstation.widgets.panels import ButtonRow, EmptyState, Facts, Note, Pill, Section, button, label

if TYPE_CHECKING:
    from medstation.library import Prediction


class InferTab(QWidget):
    """Signals: `run_asked(model id)`, `train_asked`; `findings`, `why`, `verdict` and `exports` have their own."""

    run_asked = Signal(str)
    train_asked = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._task: TaskSpec | None = None
        self._item: Item | None = None
        self._models: list[ModelInfo] = []
        self.models = QComboBox()
        self.models.setAccessibleName(self.tr("Model"))
        self.models.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.models.currentIndexChanged.connect(self.on_model_changed)
        self.state = Pill()
        self.measured = Facts()
        self.unproven = Note(self.tr("Nobody has approved this model yet. Read its results with that in mind."))
        self.run = button(self.tr("Run on this record"), "primary")
        self.run.clicked.connect(lambda: self.run_asked.emit(self.models.currentData()))
        self.why_not = label("", "small", wrap=True)
        self.model = Section(self.tr("Model"))
        self.model.add(self.models, self.state, self.measured, self.unproven, ButtonRow(self.run), self.why_not)
        self.findings = FindingsSection(look)
        self.why = WhySection()
        self.verdict = VerdictSection()
        self.exports = ExportSection()
        self.empty = EmptyState(
            self.tr("No model yet"),
            self.tr("A model learns from your labelled records. Fine-tune makes the first one."),
            self.tr("Go to Fine-tune"),
        )
        self.empty.acted.connect(self.train_asked)
        self.findings.prediction_changed.connect(self._show_prediction)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.empty, 1, Qt.AlignmentFlag.AlignTop)
        for section in (self.model, self.findings, self.why, self.verdict, self.exports):
            layout.addWidget(section)
        layout.addStretch(1)
        self.show_models([], None)
        self.show_predictions([], set(), "")

    def show_models(self, models: Sequence[ModelInfo], task: TaskSpec | None) -> None:
        """The task's models; approved ones come first, retired ones not at all."""
        self._task = task
        usable = [model for model in models if model.state != "retired"]
        self._models = sorted(usable, key=lambda model: model.state != "approved")
        chosen = self.models.currentData()
        self.models.blockSignals(True)
        self.models.clear()
        for model in self._models:
            self.models.addItem(f"{model_title(model)} · {states(model.state)[0]}", model.id)
        self.models.setCurrentIndex(max(0, self.models.findData(chosen)))
        self.models.blockSignals(False)
        self.model.setVisible(bool(self._models))
        self.empty.setVisible(not self._models)
        self.on_model_changed()

    def show_item(self, item: Item | None) -> None:
        """The record that would be run on."""
        self._item = item
        self._check_run()

    def on_model_changed(self) -> None:
        model = next((one for one in self._models if one.id == self.models.currentData()), None)
        if model:
            self.state.show_state(*states(model.state))
            recipe = self._task.recipe(model.recipe) if self._task else None
            self.measured.show_rows(model_measured(model, recipe))
            self.unproven.setVisible(model.state != "approved")
        self._check_run()

    def _check_run(self) -> None:
        reason = self._reason_against()
        self.run.setEnabled(not reason)
        self.why_not.setText(reason)
        self.why_not.setVisible(bool(reason))

    def _reason_against(self) -> str:
        """Why the model cannot run on the record, "" if it can."""
        model = next((one for one in self._models if one.id == self.models.currentData()), None)
        recipe = self._task.recipe(model.recipe) if self._task and model else None
        if self._item is None:
            return self.tr("Choose a record in the library.")
        if not self._item.imported:
            return self.tr("Import the record first: results are kept in the vault.")
        if recipe and self._item.record.kind not in recipe.record_kinds:
            return self.tr("This model reads {0}; this record is of another kind.").format(
                ", ".join(recipe.record_kinds)
            )
        return ""

    def show_predictions(self, predictions: Sequence[Prediction], shown: Collection[str], correcting: str) -> None:
        """What models said of the record, newest first; `correcting` is the one a person is putting right."""
        self.verdict.correcting = correcting
        titles = {model.id: model_title(model) for model in self._models}
        self.findings.show_predictions(predictions, shown, titles)

    def _show_prediction(self, prediction: Prediction | None) -> None:
        self.verdict.show_prediction(prediction)
        recipe = next((one.recipe for one in self._models if prediction and one.id == prediction.model), "")
        self.why.show_prediction(prediction, self._task, recipe)
        things = [Exportable(prediction.id, "prediction", prediction.kind)] if prediction else []
        self.exports.show_things(self._task, things)
