"""Inspector, first tab: what the record is, what to be careful about, its labels, and the ways out."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from medstation.api import Label, Record, TaskSpec
from medstation.shell.export_section import Exportable, ExportSection
from medstation.shell.items import Item
from medstation.shell.wording import age, person_title
from medstation.widgets.panels import ButtonRow, Facts, Note, Section, button, clear, label

MOST_FACTS = 10
MOST_CHARACTERS = 80
IDENTIFIER = re.compile(r"[0-9.]{20,}|[0-9a-f-]{32,}")
"""Long numbers that tie files together and tell a person nothing."""


class RecordTab(QWidget):
    """Signals: `attach_asked`, `attach_many_asked`, `import_asked`, `layer_toggled(id, shown)`;
    `exports` has its own.
    """

    attach_asked = Signal()
    attach_many_asked = Signal()
    import_asked = Signal()
    layer_toggled = Signal(str, bool)

    def __init__(self) -> None:
        super().__init__()
        self._item: Item | None = None
        self._task: TaskSpec | None = None
        self.facts = Facts()
        self.record = Section(self.tr("Record"))
        self.nothing = label(self.tr("Choose a record in the library."), "muted", wrap=True)
        self.bring = button(self.tr("Import into the vault"), "primary")
        self.bring.clicked.connect(self.import_asked)
        self.record.add(self.nothing, self.facts, self.bring)
        self.cautions = Section(self.tr("Cautions"))
        self.labels = Section(self.tr("Labels"))
        self.attach = button(self.tr("Attach from file…"), tip=self.tr("A label file for this record"))
        self.attach.clicked.connect(self.attach_asked)
        self.attach_many = button(self.tr("From a folder…"), tip=self.tr("Label files for many records of this task"))
        self.attach_many.clicked.connect(self.attach_many_asked)
        self._label_rows = QVBoxLayout()
        self._label_rows.setSpacing(6)
        self.labels.body.addLayout(self._label_rows)
        self.labels.add(ButtonRow(self.attach, self.attach_many))
        self.exports = ExportSection()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for section in (self.record, self.cautions, self.labels, self.exports):
            layout.addWidget(section)
        layout.addStretch(1)
        self.show_item(None, None)

    def show_item(self, item: Item | None, task: TaskSpec | None) -> None:
        """Show a record, or that none is chosen."""
        self.nothing.setVisible(item is None)
        self.facts.show_rows(self._facts(item.record) if item else [])
        self.bring.setVisible(item is not None and not item.imported)
        self._show_cautions(item.record.notes if item else ())
        kept = item is not None and item.imported
        self.labels.setVisible(bool(task and task.label_kinds))
        self.attach.setEnabled(kept)
        self._item, self._task = item, task
        self.show_labels([], set())

    def _facts(self, record: Record) -> list[tuple[str, str]]:
        years = age(record.person, record.when)
        rows = [
            (self.tr("Patient"), person_title(record.person)),
            (self.tr("Sex"), record.person.sex),
            (self.tr("Age"), self.tr("{0} years").format(years) if years is not None else ""),
            (self.tr("Date"), record.when[:16].replace("T", " ")),
            (self.tr("Title"), record.title),
            (self.tr("Content"), record.subtitle),
        ]
        own = [(name.replace("_", " ").capitalize(), _plain(value)) for name, value in record.meta.items()]
        rows += [row for row in own if row[1]][:MOST_FACTS]
        rows.append((self.tr("Kept as"), record.id or self.tr("not imported")))
        return [(name, value) for name, value in rows if value]

    def _show_cautions(self, notes: Sequence[str]) -> None:
        clear(self.cautions.body)
        for note in notes:
            self.cautions.add(Note(note))
        self.cautions.setVisible(bool(notes))

    def show_labels(self, labels: Sequence[Label], shown: Collection[str]) -> None:
        """The labels of the record, newest first; `shown` are the ids drawn on the data."""
        self._show_exports(labels)
        clear(self._label_rows)
        for one in labels:
            self._label_rows.addLayout(self._label_row(one, one.id in shown))
        if not labels:
            self._label_rows.addWidget(
                label(self.tr("None yet. A model learns from labelled records."), "small", wrap=True)
            )

    def _label_row(self, one: Label, shown: bool) -> QHBoxLayout:
        row = QHBoxLayout()
        kind = self._task.label_kind(one.kind) if self._task else None
        title = self.tr("{0}, version {1}").format(kind.title if kind else one.kind, one.version)
        box = QCheckBox(title)
        box.setChecked(shown)
        box.setAccessibleName(self.tr("Show label: {0}").format(title))
        box.setToolTip(self.tr("Show this label on the data"))
        box.toggled.connect(lambda on: self.layer_toggled.emit(one.id, on))
        row.addWidget(box)
        row.addStretch(1)
        row.addWidget(label(" · ".join(part for part in (one.author, one.when[:10]) if part), "small"))
        return row

    def _show_exports(self, labels: Sequence[Label]) -> None:
        """The record, and the newest label of each kind."""
        item = self._item
        things = [Exportable(item.record.id, "record", item.record.kind)] if item and item.imported else []
        newest = {one.kind: one for one in reversed(labels)}
        things += [Exportable(one.id, "label", one.kind, one.kind.capitalize()) for one in newest.values()]
        self.exports.show_things(self._task, things)


def _plain(value: object) -> str:
    """A fact of the task's own as text; what is no short plain value is left to the view."""
    if isinstance(value, bool) or value is None or value == "":
        return ""
    if isinstance(value, int | float):
        return f"{value:g}" if isinstance(value, float) else str(value)
    if not isinstance(value, str) or len(value) >= MOST_CHARACTERS or IDENTIFIER.fullmatch(value):
        return ""
    return value
