"""What was found of a model, as cards of its page: the sections of its report, without the pictures."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from medstation.actions import report_sections
from medstation.actions.report_parts import Section, Table
from medstation.api import Json, ModelInfo, Recipe
from medstation.widgets.panels import Card, clear, label

_SHOWN = (
    report_sections.verdict,
    report_sections.per_class,
    report_sections.closer,
    report_sections.calibration,
    report_sections.subgroups,
    report_sections.robustness,
    report_sections.privacy,
    report_sections.notes,
)


class SectionCard(Card):
    """One section: its text, its tables as grids of labels (screen readers read them row by row), its small print."""

    def __init__(self, section: Section) -> None:
        super().__init__(section.title)
        for text in section.text:
            self.body.addWidget(label(text, wrap=True))
        for table in section.tables:
            self.body.addWidget(_grid(table))
        for text in section.small:
            self.body.addWidget(label(text, "small", wrap=True))


def _grid(table: Table) -> QWidget:
    widget = QWidget()
    grid = QGridLayout(widget)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(22)
    grid.setVerticalSpacing(4)
    rows = [*([table.head] if table.head else ()), *table.rows]
    for place, row in enumerate(rows):
        for column, text in enumerate(row):
            muted = (table.head and not place) or (not table.head and not column)
            grid.addWidget(label(text, "muted" if muted else ""), place, column, Qt.AlignmentFlag.AlignLeft)
    grid.setColumnStretch(max(len(row) for row in rows), 1)
    return widget


class EvidenceCards(QWidget):
    """The cards of one model, one below the other."""

    def __init__(self) -> None:
        super().__init__()
        self._cards = QVBoxLayout(self)
        self._cards.setContentsMargins(0, 0, 0, 0)
        self._cards.setSpacing(16)

    def show_model(self, model: ModelInfo, recipe: Recipe | None) -> None:
        """Show what is known; nothing where the plugin that brought the recipe is not there."""
        clear(self._cards)
        known = report_sections.Known(model, recipe, None, (), ()) if recipe and recipe.metrics else None
        found = [section for made in _SHOWN if known and (section := made(known)) is not None]
        for section in found:
            self._cards.addWidget(SectionCard(section))
        self.setVisible(bool(found))


class DriftCard(Card):
    """A model in use: whether its records, confidence and verdicts change, and what waits to be learnt from."""

    def __init__(self) -> None:
        super().__init__(self.tr("In use"))
        self._inside = QVBoxLayout()
        self.body.addLayout(self._inside)
        self.hide()

    def show_drift(self, found: Json) -> None:
        """Show what `medstation.actions.drift` found; hidden until a model said anything."""
        clear(self._inside)
        self.setVisible(bool(found["months"]))
        told = self.tr("{0} new records, learnt from {1}.").format(found["seen"], found["learnt"])
        self._inside.addWidget(label(" ".join([told, *found["caveats"]]), "small", wrap=True))
        for one in found["changes"]:
            if one["drifted"]:
                text = self.tr("{0} drifted: {1} when it learnt, now {2}")
                self._inside.addWidget(
                    label(text.format(one["name"], one["then"], one["now"]), tone="caution", wrap=True)
                )
        if found["changes"] and not found["drifted"]:
            count = len(found["changes"])
            self._inside.addWidget(label(self.tr("Nothing of {0} things compared has drifted.").format(count)))
        head = (
            self.tr("month"),
            self.tr("predictions"),
            self.tr("accepted"),
            self.tr("corrected"),
            self.tr("rejected"),
        )
        rows = tuple(tuple(str(value) for value in one.values()) for one in found["months"][-6:])
        if rows:
            self._inside.addWidget(_grid(Table(head, rows)))
        if found["waiting"]:
            text = self.tr("{0} corrected cases wait for a fine-tuning.").format(found["waiting"])
            self._inside.addWidget(label(text, tone="caution" if found["enough"] else "", wrap=True))
