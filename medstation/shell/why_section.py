"""Why a model said what it said: which method to ask with, and the button that asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox

from medstation.learning.explaining import METHODS
from medstation.widgets.panels import ButtonRow, Section, button, label

if TYPE_CHECKING:
    from medstation.api import TaskSpec
    from medstation.library import Prediction


class WhySection(Section):
    """Signal: `asked(prediction id, method)`."""

    asked = Signal(str, str)

    def __init__(self) -> None:
        super().__init__(self.tr("Why"))
        self._prediction = ""
        self.method = QComboBox()
        self.method.setAccessibleName(self.tr("Method of explanation"))
        for method in METHODS:
            self.method.addItem(method.title, method.name)
        self.says = label("", "small", wrap=True)
        self.ask = button(self.tr("Why?"), tip=self.tr("Show what in the record spoke for this result, and check it"))
        self.method.currentIndexChanged.connect(self._tell)
        self.ask.clicked.connect(lambda: self.asked.emit(self._prediction, self.method.currentData()))
        self.add(self.method, self.says, ButtonRow(self.ask))
        self._tell()

    def show_prediction(self, prediction: Prediction | None, task: TaskSpec | None, recipe: str) -> None:
        """The prediction that can be asked about; nothing for models of a recipe that cannot be looked into."""
        declared = task.recipe(recipe) if task else None
        fitting = bool(prediction and task and task.explain_picture and declared and declared.engine)
        self._prediction = prediction.id if prediction else ""
        self.setVisible(fitting)

    def _tell(self) -> None:
        method = METHODS[self.method.currentIndex()]
        self.says.setText(self.tr("It {0}.").format(method.says))
