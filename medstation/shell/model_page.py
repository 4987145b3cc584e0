"""A model's card: what it is, what it was made from, and what it was measured to do."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from medstation.api import ModelInfo, Recipe
from medstation.shell.evidence_cards import DriftCard, EvidenceCards
from medstation.shell.look import Look
from medstation.shell.smaller_card import SmallerCard
from medstation.shell.suggestions_card import SuggestionsCard
from medstation.shell.wording import difference, model_measured, model_title, states
from medstation.widgets.panels import Card, Facts, Pill, button, label, scrolled


class ModelPage(QWidget):
    """Signals with the model's id: `review_asked`, `export_asked`, `report_asked`, `model_shown`;
    `smaller_asked(model id, method)`."""

    review_asked = Signal(str)
    export_asked = Signal(str)
    report_asked = Signal(str)
    model_shown = Signal(str)
    smaller_asked = Signal(str, str)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.model_id = ""
        self.title = label("", "title")
        self.state = Pill()
        self.review = button(self.tr("Review…"))
        self.export = button(self.tr("Export…"), tip=self.tr("Write the model with its card to a file"))
        self.report = button(self.tr("Report…"), tip=self.tr("Everything that is known of it, with pictures"))
        self.report.clicked.connect(lambda: self.report_asked.emit(self.model_id))
        self.review.clicked.connect(lambda: self.review_asked.emit(self.model_id))
        self.export.clicked.connect(lambda: self.export_asked.emit(self.model_id))
        self.measured, self.gain, self.origin, self.settings = Facts(), Facts(), Facts(), Facts()
        self.kept = Facts()
        self.evidence, self.drift = EvidenceCards(), DriftCard()
        self.suggestions = SuggestionsCard(look)
        self.smaller = SmallerCard()
        self.smaller.asked.connect(lambda method: self.smaller_asked.emit(self.model_id, method))
        self._build()

    def _build(self) -> None:
        inside = QWidget()
        inside.setMaximumWidth(760)
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(22, 18, 22, 18)
        layout.setSpacing(16)
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self.title)
        head.addWidget(self.state)
        head.addStretch(1)
        head.addWidget(self.report)
        head.addWidget(self.export)
        head.addWidget(self.review)
        layout.addLayout(head)
        measured = self._card(self.tr("Measured on its frozen test set, 95 % intervals"), self.measured)
        self.gain_card = self._card(self.tr("Gain over what it started from"), self.gain)
        origin = self._card(self.tr("Where it comes from"), self.origin)
        self.settings_card = self._card(self.tr("Settings"), self.settings)
        self.kept_card = self._card(self.tr("What it kept: change on the old test set of its base"), self.kept)
        for card in (
            measured,
            self.gain_card,
            self.kept_card,
            self.evidence,
            self.drift,
            self.suggestions,
            origin,
            self.smaller,
            self.settings_card,
        ):
            layout.addWidget(card)
        layout.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scrolled(inside))

    def _card(self, title: str, facts: Facts) -> Card:
        card = Card(title)
        card.body.addWidget(facts)
        return card

    def show_model(self, model: ModelInfo, recipe: Recipe | None) -> None:
        """Show a model."""
        card = model.card
        self.model_id = model.id
        self.title.setText(model_title(model))
        self.state.show_state(*states(model.state))
        nothing = [(self.tr("Not measured in this vault"), "")]
        self.measured.show_rows(model_measured(model, recipe) or nothing)
        titles = {metric.name: metric.title for metric in recipe.metrics} if recipe else {}
        gains = card.get("difference", {}).items()
        self.gain.show_rows(
            [(titles.get(name, name), f"{difference(one)} · {one.get('says', '')}") for name, one in gains]
        )
        self.gain_card.setVisible(bool(gains))
        kept = card.get("forgetting", {}).get("difference", {}).items()
        self.kept.show_rows([(titles.get(name, name), f"{difference(one)} · {one['says']}") for name, one in kept])
        self.kept_card.setVisible(bool(kept))
        self.evidence.show_model(model, recipe)
        self.drift.hide()
        self.suggestions.setVisible(bool(recipe and recipe.label_kind))
        self.smaller.show_model(model, recipe)
        self.origin.show_rows(self._origin(model, recipe))
        settings = [(name.replace("_", " "), str(value)) for name, value in card.get("settings", {}).items()]
        self.settings.show_rows(settings)
        self.settings_card.setVisible(bool(settings))
        self.model_shown.emit(model.id)

    def _origin(self, model: ModelInfo, recipe: Recipe | None) -> list[tuple[str, str]]:
        card = model.card
        cases = card.get("cases", {})
        split = " / ".join(str(cases.get(part, 0)) for part in ("train", "validation", "test"))
        rows = [
            (self.tr("Recipe"), recipe.title if recipe else model.recipe),
            (self.tr("Data set"), card.get("dataset", "")),
            (self.tr("Records: train / validation / test"), split if cases else ""),
            (self.tr("Started from"), card.get("base") or self.tr("scratch")),
            (self.tr("Seed"), str(card.get("seed", ""))),
        ]
        return [(name, value) for name, value in rows if value]
