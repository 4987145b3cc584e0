"""Inspector, fourth tab: decide about models, look at runs, and see who did what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from medstation.api import ModelInfo, TaskSpec
from medstation.shell.catalogue import model_text, run_text
from medstation.shell.look import Look
from medstation.shell.wording import model_title, sentence
from medstation.widgets.panels import ButtonRow, Section, button, clear, label, set_tone
from medstation.widgets.rows import Row, RowText, rows_in

if TYPE_CHECKING:
    from medstation.library import Run
    from medstation.vault.audit import AuditEntry

MOST = 8


class ReviewTab(QWidget):
    """Signals: `decision_asked(model id, act, reason)`, act "check", "propose", "approve", "retire" or "rollback";
    `run_chosen(id)`, `model_chosen(id)`."""

    decision_asked = Signal(str, str, str)
    run_chosen = Signal(str)
    model_chosen = Signal(str)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._tokens = look.tokens
        self._models: dict[str, ModelInfo] = {}
        self._chosen = ""
        self.models, self.runs, self.audit = (
            Section(self.tr("Models")),
            Section(self.tr("Runs")),
            Section(self.tr("Audit log")),
        )
        self._model_rows, self._run_rows, self._audit_rows = QVBoxLayout(), QVBoxLayout(), QVBoxLayout()
        for section, rows in (
            (self.models, self._model_rows),
            (self.runs, self._run_rows),
            (self.audit, self._audit_rows),
        ):
            rows.setSpacing(2)
            section.body.addLayout(rows)
        self.reason = QLineEdit()
        self.reason.setAccessibleName(self.tr("Reason"))
        self.reason.setPlaceholderText(self.tr("Reason (kept in the audit log)"))
        self.approve = button(self.tr("Approve"), "primary", tip=self.tr("Take it into use, as a second person"))
        self.propose = button(self.tr("Propose"), tip=self.tr("Ask a second person to approve it"))
        self.check = button(self.tr("Check"), tip=self.tr("What the gate says of it"))
        self.retire = button(self.tr("Retire"), tip=self.tr("Take it out of use"))
        self.back = button(self.tr("Roll back"), tip=self.tr("Back to the version that was approved before"))
        for made, act in (
            (self.approve, "approve"),
            (self.propose, "propose"),
            (self.check, "check"),
            (self.retire, "retire"),
            (self.back, "rollback"),
        ):
            made.clicked.connect(lambda _, act=act: self._ask(act))
        self.buttons = ButtonRow(self.approve, self.propose, self.check, self.retire, self.back)
        self.asked, self.says = label("", "small", wrap=True), label("", "small", wrap=True)
        self.models.add(self.asked, self.says, self.reason, self.buttons)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for section in (self.models, self.runs, self.audit):
            layout.addWidget(section)
        layout.addStretch(1)
        self.choose("")

    def show_catalogue(self, task: TaskSpec | None, models: Sequence[ModelInfo], runs: Sequence[Run]) -> None:
        """Models and runs of the task, newest first."""
        self._models = {model.id: model for model in models}
        texts = [(one.id, model_text(one, task.recipe(one.recipe) if task else None)) for one in models[:MOST]]
        self._fill(self._model_rows, texts, self.on_model, self.tr("No model yet."))
        self._fill(
            self._run_rows,
            [(run.id, run_text(run)) for run in runs[:MOST]],
            self.run_chosen.emit,
            self.tr("No run yet."),
        )
        self.choose(self._chosen if self._chosen in self._models else "")

    def _fill(self, rows: QVBoxLayout, texts: Iterable[tuple[str, RowText]], act: object, empty: str) -> None:
        clear(rows)
        for key, text in texts:
            row = Row(key, text, self._tokens)
            row.setCheckable(act == self.on_model)
            row.clicked.connect(lambda _, key=key: act(key))  # type: ignore[operator]
            rows.addWidget(row)
        if not rows.count():
            rows.addWidget(label(empty, "small"))

    def on_model(self, model_id: str) -> None:
        self.choose(model_id)
        self.model_chosen.emit(model_id)

    def choose(self, model_id: str) -> None:
        """Mark the model that would be decided about."""
        self._chosen = model_id
        model = self._models.get(model_id)
        for row in rows_in(self._model_rows):
            row.setChecked(row.key == model_id)
        self.asked.setText(model_title(model) if model else self.tr("Choose a model to decide about it."))
        self.reason.setVisible(model is not None)
        self.buttons.setVisible(model is not None)
        state = model.state if model else ""
        self.approve.setEnabled(model is not None and state != "approved")
        self.propose.setEnabled(state in ("candidate", "retired"))
        self.retire.setEnabled(model is not None and state != "retired")
        self.back.setEnabled(state == "approved")
        self._show_verdict(model)

    def _show_verdict(self, model: ModelInfo | None) -> None:
        """The gate's word as it was last asked, and whether a reason is wanted."""
        judged = model.card.get("judged") if model else None
        self.says.setVisible(bool(judged))
        if judged:
            grave = [one["says"] for one in judged["findings"] if one["grave"]]
            told = self.tr("The gate: {0}.").format(judged["word"])
            self.says.setText(" ".join([told, *(f"{sentence(one)}." for one in grave)]))
            set_tone(self.says, "caution" if judged["needs_reason"] else "")

    def show_audit(self, entries: Iterable[AuditEntry]) -> None:
        """The last entries, newest first."""
        clear(self._audit_rows)
        for entry in entries:
            what = " ".join(part for part in (entry.action, entry.subject) if part)
            line = label(f"{entry.at[:16].replace('T', ' ')} · {entry.actor} · {what}", "small", wrap=True)
            self._audit_rows.addWidget(line)

    def _ask(self, act: str) -> None:
        self.decision_asked.emit(self._chosen, act, self.reason.text().strip())
