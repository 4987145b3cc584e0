"""What a model says of the record: its findings with their confidence, and the switch that draws them on the data."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QVBoxLayout

from medstation.api import Finding
from medstation.shell.look import Look
from medstation.shell.wording import states
from medstation.widgets.panels import Section, clear, label
from medstation.widgets.rows import Row, RowText

if TYPE_CHECKING:
    from medstation.library import Prediction

UNCERTAIN_BELOW = 0.7
SWATCHES = ("image_ai", "image_ai_alt")
"""Results of models are orange and violet, here as on the data; `Finding.colour` counts from 1."""


class FindingsSection(Section):
    """Signals: `place_asked(place)`, `layer_toggled(prediction id, shown)`, `prediction_changed(Prediction | None)`."""

    place_asked = Signal(dict)
    layer_toggled = Signal(str, bool)
    prediction_changed = Signal(object)

    def __init__(self, look: Look) -> None:
        super().__init__(self.tr("Findings"))
        self._tokens = look.tokens
        self._predictions: dict[str, Prediction] = {}
        self._shown: set[str] = set()
        self.which = QComboBox()
        self.which.setAccessibleName(self.tr("Result"))
        self.which.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.which.currentIndexChanged.connect(self.draw)
        self.overlay = QCheckBox(self.tr("Show on the data"))
        self.overlay.setAccessibleName(self.tr("Show this result on the data"))
        self.overlay.toggled.connect(self.on_overlay_toggled)
        self.rows = QVBoxLayout()
        self.rows.setSpacing(2)
        self.add(self.which)
        self.body.addLayout(self.rows)
        self.add(self.overlay)

    def show_predictions(
        self, predictions: Sequence[Prediction], shown: Collection[str], titles: Mapping[str, str]
    ) -> None:
        """Newest first; `titles` are those of the models, by id."""
        before = self.which.currentData()
        fresh = [one.id for one in predictions if one.id not in self._predictions]
        self._predictions = {one.id: one for one in predictions}
        self._shown = set(shown)
        self.which.blockSignals(True)
        self.which.clear()
        for one in predictions:
            parts = (titles.get(one.model, one.model), one.when[:16].replace("T", " "), states(one.verdict)[0])
            self.which.addItem(" · ".join(part for part in parts if part), one.id)
        self.which.setCurrentIndex(max(0, self.which.findData(fresh[0] if fresh else before)))
        self.which.blockSignals(False)
        self.which.setVisible(len(predictions) > 1)
        self.setVisible(bool(predictions))
        self.draw()

    def draw(self) -> None:
        prediction = self._predictions.get(self.which.currentData() or "")
        clear(self.rows)
        for finding in prediction.findings if prediction else ():
            self.rows.addWidget(self._row(finding))
        if prediction and not prediction.findings:
            self.rows.addWidget(label(self.tr("The model found nothing to point at."), "muted", wrap=True))
        self.overlay.blockSignals(True)
        self.overlay.setChecked(bool(prediction and prediction.id in self._shown))
        self.overlay.blockSignals(False)
        self.prediction_changed.emit(prediction)

    def _row(self, finding: Finding) -> Row:
        sure = finding.confidence
        unsure = sure is not None and sure < UNCERTAIN_BELOW
        text = RowText(
            finding.title,
            " · ".join(part for part in (finding.detail, self.tr("uncertain") if unsure else "") if part),
            right="" if sure is None else f"{sure:.2f}",
            right_detail=finding.value,
            swatch=SWATCHES[max(finding.colour - 1, 0) % len(SWATCHES)],
        )
        row = Row(finding.title, text, self._tokens)
        row.clicked.connect(lambda: self.place_asked.emit(dict(finding.place)))
        return row

    def on_overlay_toggled(self, shown: bool) -> None:
        if prediction_id := self.which.currentData():
            self.layer_toggled.emit(prediction_id, shown)
