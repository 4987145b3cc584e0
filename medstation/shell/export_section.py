"""The ways out of the vault that a task offers for one thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox

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
    """Signals: `asked(id, format)`, `asked_without_identity(id)`. Hidden where there is nothing to export."""

    asked = Signal(str, str)
    asked_without_identity = Signal(str)

    def __init__(self) -> None:
        super().__init__(self.tr("Export"))
        self._task: TaskSpec | None = None
        self._things: Sequence[Exportable] = ()
        self.without_identity = QCheckBox(self.tr("Without identity"))
        self.without_identity.setToolTip(self.tr("Copies of the record's files in which nobody can be recognised"))
        self.without_identity.toggled.connect(self._show_buttons)
        self.buttons = ButtonRow()
        self.add(self.without_identity, self.buttons)

    def show_things(self, task: TaskSpec | None, things: Sequence[Exportable]) -> None:
        """One button for every thing and every format that fits it; or one for the record's files without identity."""
        self._task, self._things = task, things
        records = [thing for thing in things if thing.of == "record"]
        self.without_identity.setVisible(bool(task and task.deidentify_look and records))
        self._show_buttons()

    def _show_buttons(self) -> None:
        self.buttons.empty()
        if self.without_identity.isVisibleTo(self) and self.without_identity.isChecked():
            record = next(thing for thing in self._things if thing.of == "record")
            made = button(self.tr("Files without identity…"))
            made.clicked.connect(lambda: self.asked_without_identity.emit(record.id))
            self.buttons.add(made)
            return
        exporters = self._task.exporters if self._task else ()
        fitting = [(thing, one) for thing in self._things for one in exporters if fits(one, thing)]
        for thing, exporter in fitting:
            text = ": ".join(part for part in (thing.name, exporter.title) if part)
            made = button(text, name=self.tr("Export {0}").format(text))
            made.clicked.connect(lambda _, key=thing.id, form=exporter.format: self.asked.emit(key, form))
            self.buttons.add(made)
        self.setVisible(bool(fitting) or self.without_identity.isVisibleTo(self))


def fits(exporter: Exporter, thing: Exportable) -> bool:
    """Whether the exporter can write the thing."""
    return thing.of in exporter.of and (not exporter.kinds or thing.kind in exporter.kinds)
