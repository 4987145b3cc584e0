"""What a person says of what a model said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal

from medstation.shell.wording import states
from medstation.widgets.panels import ButtonRow, Pill, Section, button, label

if TYPE_CHECKING:
    from medstation.library import Prediction


class VerdictSection(Section):
    """Signal: `given(prediction id, verdict)`, verdict "accepted", "corrected" or "rejected"."""

    given = Signal(str, str)

    def __init__(self) -> None:
        super().__init__(self.tr("Verdict"))
        self._prediction = ""
        self.correcting = ""
        self.accept = button(self.tr("Accept"), "primary", tip=self.tr("It is right: keep it as a label"))
        self.correct = button(
            self.tr("Correct"), tip=self.tr("It is nearly right: the next label of this record counts")
        )
        self.reject = button(self.tr("Reject"), tip=self.tr("It is wrong"))
        for made, verdict in ((self.accept, "accepted"), (self.correct, "corrected"), (self.reject, "rejected")):
            made.clicked.connect(lambda _, verdict=verdict: self.given.emit(self._prediction, verdict))
        self.state = Pill()
        self.told = label("", "small", wrap=True)
        self.buttons = ButtonRow(self.accept, self.correct, self.reject)
        self.add(self.state, self.buttons, self.told)

    def show_prediction(self, prediction: Prediction | None) -> None:
        """The prediction that is judged, or none."""
        self.setVisible(prediction is not None)
        if prediction is None:
            return
        self._prediction = prediction.id
        self.state.setVisible(bool(prediction.verdict))
        self.state.show_state(*states(prediction.verdict))
        self.buttons.setVisible(not prediction.verdict)
        self.told.setText(self._text(prediction))

    def _text(self, prediction: Prediction) -> str:
        if self.correcting == prediction.id:
            return self.tr(
                "Draw the right label, or attach it from a file in the Record tab: it is kept as the correction."
            )
        if prediction.verdict:
            return self.tr("Kept in the audit log.")
        return self.tr("Accepted and corrected results become labels, and the next data set learns from them.")
