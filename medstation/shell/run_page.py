"""A fine-tuning run: its curves while it works, its proof when it is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from medstation.actions.report_sections import series_section
from medstation.api import ModelInfo, Recipe
from medstation.shell.comparison import ComparisonTable
from medstation.shell.evidence_cards import SectionCard
from medstation.shell.look import Look
from medstation.shell.run_story import RunStory
from medstation.shell.wording import dataset_patients, model_title, number, sentence, states
from medstation.widgets.panels import Card, ElidedLabel, Pill, button, clear, label, scrolled
from medstation.widgets.plots import Line, LineChart, Mark

if TYPE_CHECKING:
    from medstation.library import DataSet, Run

RESUMABLE = ("stopped", "failed", "interrupted")


@dataclass(frozen=True)
class RunFacts:
    """All the page needs to know of a run beside its story. `followed`: this window's own thread stands by it."""

    run: Run
    recipe: Recipe | None
    dataset: DataSet | None
    base: ModelInfo | None
    followed: bool


class RunPage(QWidget):
    """Signals: `resume_asked(run id)`, `stop_asked(run id)`, `model_asked(model id)`."""

    resume_asked = Signal(str)
    stop_asked = Signal(str)
    model_asked = Signal(str)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.run_id = ""
        self._model = ""
        self.title = label("", "title")
        self.origin = ElidedLabel("", "muted")
        self.state = Pill()
        self.message = label("", tone="caution", wrap=True)
        self.resume = button(self.tr("Resume"), "primary", tip=self.tr("Go on from the last checkpoint"))
        self.stop = button(self.tr("Stop and keep best"))
        self.model = button(self.tr("Show the model"))
        self.resume.clicked.connect(lambda: self.resume_asked.emit(self.run_id))
        self.stop.clicked.connect(lambda: self.stop_asked.emit(self.run_id))
        self.model.clicked.connect(lambda: self.model_asked.emit(self._model))
        self.loss = LineChart(self.tr("Loss by epoch"), look.tokens, self.tr("epoch"))
        self.curve = LineChart(self.tr("Metric by epoch"), look.tokens, self.tr("epoch"))
        self.table, self.kept = ComparisonTable(), ComparisonTable()
        self.waiting = label("", "muted", wrap=True)
        self.several = QVBoxLayout()
        self.log = QPlainTextEdit()
        self.log.setProperty("role", "log")
        self.log.setReadOnly(True)
        self.log.setAccessibleName(self.tr("Log of the run"))
        self.log.setMinimumHeight(140)
        self._build()
        look.changed.connect(self.update)

    def _build(self) -> None:
        inside = QWidget()
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(22, 18, 22, 18)
        layout.setSpacing(16)
        head = QVBoxLayout()
        head.setSpacing(4)
        head.addLayout(self._head())
        head.addWidget(self.origin)
        layout.addLayout(head)
        layout.addWidget(self.message)
        charts = QHBoxLayout()
        charts.setSpacing(16)
        loss, metric = Card(self.tr("Loss")), Card(self.tr("Validation"))
        self.loss_card = loss
        loss.body.addWidget(self.loss)
        self.curve_title = metric.title
        metric.body.addWidget(self.curve)
        charts.addWidget(loss)
        charts.addWidget(metric)
        layout.addLayout(charts, 2)
        proof = Card(self.tr("Before and after, on the frozen test set"))
        proof.body.addWidget(self.waiting)
        proof.body.addWidget(self.table)
        self.proof = proof
        layout.addWidget(proof)
        layout.addLayout(self.several)
        self.kept_card = Card(self.tr("What it kept: before and after, on the old test set of its base"))
        self.kept_card.body.addWidget(self.kept)
        layout.addWidget(self.kept_card)
        log = Card(self.tr("Log"))
        log.body.addWidget(self.log)
        layout.addWidget(log, 2)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scrolled(inside, sideways=True))

    def _head(self) -> QHBoxLayout:
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self.title)
        head.addWidget(self.state)
        head.addStretch(1)
        for action in (self.model, self.stop, self.resume):
            head.addWidget(action)
        return head

    def show_run(self, facts: RunFacts, story: RunStory) -> None:
        """Show a run, or what is new of it."""
        run = facts.run
        self.run_id, self._model = run.id, run.model or ""
        self.title.setText(run.id.replace("-", " "))
        self.state.show_state(*states(run.state))
        self.origin.setText(self._origin(facts))
        troubled = run.state in RESUMABLE
        self.message.setText(self._message(run) if troubled else "")
        self.message.setVisible(troubled)
        self.resume.setVisible(troubled and not facts.followed)
        self.stop.setVisible(facts.followed or run.state == "running")
        self.model.setVisible(bool(run.model))
        self._show_results(facts)
        self.show_story(story, facts)

    def show_story(self, story: RunStory, facts: RunFacts) -> None:
        """Draw curves and log anew: this is called while the run works."""
        names = [("loss/train", self.tr("train"), "before"), ("loss/validation", self.tr("validation"), "after")]
        lines = [Line(title, story.points(name), colour) for name, title, colour in names if name in story.curves]
        self.loss.show_lines(lines, story.epochs)
        self.loss_card.setVisible(bool(lines) or not story.curves)  # not every recipe has a loss
        self._show_metric(story, facts)
        self.log.setPlainText("\n".join(reversed(story.log)))

    def _show_metric(self, story: RunStory, facts: RunFacts) -> None:
        deciding = facts.recipe.metrics[0] if facts.recipe else None
        curve = next((name for name in _curve_names(deciding.name if deciding else "", story)), "")
        title = deciding.title if deciding else curve
        self.curve_title.setText(self.tr("Validation {0}").format(title) if title else self.tr("Validation"))
        before = story.tested.get("before", {}).get(deciding.name if deciding else "")
        mark = None
        if before is not None:
            mark = Mark(before, self.tr("before, on the test set: {0}").format(number(before)))
        lines = [Line(title, story.points(curve), "ai_alt")] if curve else []
        self.curve.show_lines(lines, story.epochs, mark)

    def _show_results(self, facts: RunFacts) -> None:
        results = facts.run.results
        clear(self.several)
        self.proof.setVisible("series" not in facts.run.settings)
        if "series" in results:
            self.several.addWidget(SectionCard(series_section(results)))
        measured = bool(results and results.get("after"))
        self.table.setVisible(measured)
        self.waiting.setVisible(not measured)
        self.waiting.setText(
            self.tr("Not measured: the data set keeps no patients for the test.")
            if results
            else self.tr(
                "The base and the best model are measured on the same patients; the result stands here at the end."
            )
        )
        kept = results.get("forgetting") if results else None
        self.kept_card.setVisible(bool(kept))
        if measured:
            before = self.tr("{0} (before)").format(model_title(facts.base) if facts.base else self.tr("untrained"))
            after = self.tr("best epoch {0} (after)").format(results.get("best_epoch", "–"))
            self.table.show_results(results, facts.recipe.metrics if facts.recipe else (), before, after)
            if kept:
                self.kept.show_results(kept, facts.recipe.metrics if facts.recipe else (), before, after)

    def _origin(self, facts: RunFacts) -> str:
        base = self.tr("from {0}").format(model_title(facts.base)) if facts.base else self.tr("from scratch")
        parts = [facts.run.name, base, facts.run.dataset]
        if facts.dataset:
            parts.append(
                self.tr("{0} patients, split by patient, test set frozen").format(dataset_patients(facts.dataset))
            )
        return " · ".join(parts)

    def _message(self, run: Run) -> str:
        fallback = self.tr("This run ended before it was done. Resume goes on from its last checkpoint.")
        return sentence(run.message) or fallback


def _curve_names(metric: str, story: RunStory) -> list[str]:
    """Where the deciding metric's curve may be found, the likeliest first."""
    likely = [metric, f"{metric}/validation", f"validation/{metric}"]
    return [name for name in likely if name in story.curves]
