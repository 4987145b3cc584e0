"""The ways out of the vault that a task offers for one thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Signal

from medstation.api import Exporter, TaskSpec
from medstation.widgets.panels import ButtonRow, Section, button


@dataclass(frozen=True)
class Exportable:
    """Something with an id: `of` is "record", "label" or "prediction", `kind` its record or label kind; `name` heads
    the button where several things can be exported.
    """

    id: str
    of: str
    kind: str
    name: str = ""


class ExportSection(Section):
    """Signal: `asked(id, format)`. Hidden where there is nothing to export."""

    asked = Signal(str, str)

    def __init__(self) -> None:
        super().__init__(self.tr("Export"))
        self._buttons = ButtonRow()
        self.add(self._buttons)

    def show_things(self, task: TaskSpec | None, things: Sequence[Exportable]) -> None:
        """One button for every thing and every format that fits it."""
        self._buttons.empty()
        fitting = [(thing, one) for thing in things for one in (task.exporters if task else ()) if fits(one, thing)]
        for thing, exporter in fitting:
            text = ": ".join(part for part in (thing.name, exporter.title) if part)
            made = button(text, name=self.tr("Export {0}").format(text))
            made.clicked.connect(lambda _, key=thing.id, form=exporter.format: self.asked.emit(key, form))
            self._buttons.add(made)
        self.setVisible(bool(fitting))


def fits(exporter: Exporter, thing: Exportable) -> bool:
    """Whether the exporter can write the thing."""
    return thing.of in exporter.of and (not exporter.kinds or thing.kind in exporter.kinds)
