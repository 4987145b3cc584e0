"""Before and after, on the frozen test set: one row per metric, with what the difference says in words."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtWidgets import QGridLayout, QWidget

from medstation.api import Json, MetricSpec
from medstation.shell.wording import comparison_word, difference, interval
from medstation.widgets.panels import clear, label


class ComparisonTable(QWidget):
    """A table of labels; screen readers read each row as it stands."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(8)
        self._grid.setColumnStretch(4, 1)

    def show_results(self, results: Json, metrics: Iterable[MetricSpec], before: str, after: str) -> None:
        """`results` as `medstation.actions.finetuning` gives them; `before` and `after` head the columns."""
        clear(self._grid)
        for column, text in enumerate((self.tr("Metric"), before, after, self.tr("Difference, 95 % interval"))):
            self._grid.addWidget(label(text, "muted"), 0, column)
        specs = {metric.name: metric for metric in metrics}
        for row, name in enumerate(results.get("difference", {}), start=1):
            self._add(row, name, specs.get(name), results)

    def _add(self, row: int, name: str, spec: MetricSpec | None, results: Json) -> None:
        title = f"{spec.title} ({spec.unit})" if spec and spec.unit else spec.title if spec else name
        measured = results["difference"][name]
        word, tone = comparison_word(measured, spec.higher_is_better if spec else True)
        texts = (title, interval(results["before"][name]), interval(results["after"][name]), difference(measured))
        for column, text in enumerate(texts):
            shown = label(text)
            if spec and not column:
                shown.setToolTip(spec.description)
            self._grid.addWidget(shown, row, column)
        said = label(word, "" if tone else "muted", tone, wrap=True)
        said.setMinimumWidth(said.fontMetrics().horizontalAdvance(self.tr("no difference")) + 8)
        self._grid.addWidget(said, row, 4)
