"""Choosing the data set to learn from, or making one of all records that the recipe can learn from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QWidget

from medstation.api import Recipe
from medstation.shell.wording import dataset_patients
from medstation.widgets.panels import ButtonRow, Section, button, label

if TYPE_CHECKING:
    from medstation.library import DataSet


class DataSetSection(Section):
    """Signals: `changed`, when another data set is chosen; `create_asked(name, recipe id)`."""

    changed = Signal()
    create_asked = Signal(str, str)

    def __init__(self) -> None:
        super().__init__(self.tr("Data set"))
        self._datasets: dict[str, DataSet] = {}
        self._recipe: Recipe | None = None
        self.which = QComboBox()
        self.which.setAccessibleName(self.tr("Data set"))
        self.which.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.which.currentIndexChanged.connect(self.on_chosen)
        self.told = label("", "small", wrap=True)
        self.fold = button(self.tr("New data set…"), "quiet")
        self.fold.clicked.connect(lambda: self.unfold(True))
        self.name = QLineEdit()
        self.name.setAccessibleName(self.tr("Name of the new data set"))
        self.name.setPlaceholderText(self.tr("Name of the new data set"))
        self.make = button(self.tr("Make"), name=self.tr("Make the data set"))
        self.make.clicked.connect(self.on_create)
        self.name.returnPressed.connect(self.on_create)
        self.fresh = QWidget()
        row = QHBoxLayout(self.fresh)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.name, 1)
        row.addWidget(self.make)
        self.explained = label("", "small", wrap=True)
        self.add(self.which, self.told, ButtonRow(self.fold), self.fresh, self.explained)
        self.unfold(False)

    @property
    def chosen(self) -> str:
        """The name of the data set, "" where there is none."""
        return self.which.currentData() or ""

    def unfold(self, unfolded: bool) -> None:
        """Show or hide what is asked of a new data set."""
        self.fold.setVisible(not unfolded)
        self.fresh.setVisible(unfolded)
        self.explained.setVisible(unfolded)
        if unfolded:
            self.name.setFocus()

    def show_choices(self, datasets: Sequence[DataSet], recipe: Recipe | None) -> None:
        """Data sets that the recipe can learn from."""
        kept, self._recipe = self.chosen, recipe
        self.explained.setText(self._explain(recipe))
        known = set(self._datasets)
        self._datasets = {one.name: one for one in datasets}
        fresh = [name for name in self._datasets if name not in known]
        self.which.blockSignals(True)
        self.which.clear()
        for name in self._datasets:
            self.which.addItem(name, name)
        self.which.setCurrentIndex(max(0, self.which.findData(fresh[0] if known and fresh else kept)))
        self.which.blockSignals(False)
        self.which.setVisible(bool(datasets))
        self.unfold(not datasets)
        self.on_chosen()

    def on_chosen(self) -> None:
        dataset = self._datasets.get(self.chosen)
        split = self.tr("{0} patients to train, validate and test").format(dataset_patients(dataset)) if dataset else ""
        self.told.setText(split)
        self.told.setVisible(bool(split))
        self.changed.emit()

    def on_create(self) -> None:
        if (name := self.name.text().strip()) and self._recipe:
            self.create_asked.emit(name, self._recipe.id)
            self.name.clear()

    def _explain(self, recipe: Recipe | None) -> str:
        if recipe and not recipe.label_kind:
            taken = self.tr("All records this recipe learns from (it needs no labels), split by patient.")
        else:
            taken = self.tr("All labelled records this recipe learns from, split by patient.")
        return taken + " " + self.tr("The test part is frozen: no training sees it.")
