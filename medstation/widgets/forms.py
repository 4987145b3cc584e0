"""Forms made from declared settings: the same controls, checks and descriptions for every task."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from medstation.api import Setting, SettingValue, WrongUsage
from medstation.widgets.panels import label


class _Field:
    """One setting's control: how to read it, how to fill it, and where its fault is written."""

    def __init__(self, setting: Setting, changed: Callable[[], None]) -> None:
        self.setting = setting
        self.fault = label("", "error", wrap=True)
        self.fault.hide()
        self.control: QWidget
        self.read: Callable[[], object]
        self.fill: Callable[[object], None]
        _MAKERS.get(setting.kind, _typed)(self, changed)
        self.control.setAccessibleName(setting.title)
        self.control.setAccessibleDescription(_explained(setting))
        self.control.setToolTip(_explained(setting))
        self.fill(setting.default)

    def value(self) -> SettingValue:
        return self.setting.parse(self.read())

    def check(self) -> str:
        """The fault of what stands in the control, "" if there is none; shown below it too."""
        try:
            self.value()
            text = ""
        except WrongUsage as error:
            text = f"{error.message}. {error.hint}"
        self.fault.setText(text)
        self.fault.setVisible(bool(text))
        return text


def _typed(field: _Field, changed: Callable[[], None]) -> None:
    edit = QLineEdit()
    edit.setAlignment(Qt.AlignmentFlag.AlignRight if field.setting.kind != "text" else Qt.AlignmentFlag.AlignLeft)
    edit.textChanged.connect(lambda _: changed())
    field.control, field.read = edit, edit.text
    field.fill = lambda value: edit.setText(f"{value:g}" if isinstance(value, float) else str(value))


def _switch(field: _Field, changed: Callable[[], None]) -> None:
    box = QCheckBox()
    box.toggled.connect(lambda _: changed())
    field.control, field.read = box, box.isChecked
    field.fill = lambda value: box.setChecked(bool(value))


def _choice(field: _Field, changed: Callable[[], None]) -> None:
    box = QComboBox()
    box.addItems(list(field.setting.choices))
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    box.currentIndexChanged.connect(lambda _: changed())
    field.control, field.read = box, box.currentText
    field.fill = lambda value: box.setCurrentText(str(value))


_MAKERS = {"switch": _switch, "choice": _choice}


def _explained(setting: Setting) -> str:
    limits = ""
    if setting.minimum is not None and setting.maximum is not None:
        limits = f" ({setting.minimum:g} – {setting.maximum:g}{' ' + setting.unit if setting.unit else ''})"
    return f"{setting.description or setting.title}{limits}"


class SettingsForm(QWidget):
    """A form of settings; the advanced ones are folded away until asked for, those of a group together.

    Signals: `changed` when any value was edited.
    """

    changed = Signal()

    def __init__(self, settings: Iterable[Setting], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._fields: dict[str, _Field] = {}
        for setting in settings:
            self._fields[setting.name] = _Field(setting, self.on_edited)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(_page([field for field in self._fields.values() if not field.setting.advanced]))
        advanced = [field for field in self._fields.values() if field.setting.advanced]
        self.folds: list[Fold] = []
        for group in dict.fromkeys(field.setting.group for field in advanced):
            some = [field for field in advanced if field.setting.group == group]
            self.folds.append(Fold(group or self.tr("Advanced settings"), _page(some), len(some)))
            layout.addWidget(self.folds[-1])

    def values(self) -> dict[str, SettingValue]:
        """Every setting's value, checked; `WrongUsage` names the first that does not fit."""
        return {name: field.value() for name, field in self._fields.items()}

    def fill(self, values: Mapping[str, object]) -> None:
        """Put values into the form; names the form does not have are left out."""
        for name in values.keys() & self._fields.keys():
            self._fields[name].fill(values[name])

    def control(self, name: str) -> QWidget:
        """The control of a setting."""
        return self._fields[name].control

    def faults(self) -> list[str]:
        """What does not fit, as sentences; each stands below its control too."""
        return [fault for field in self._fields.values() if (fault := field.check())]

    def on_edited(self) -> None:
        self.faults()
        self.changed.emit()


class Fold(QWidget):
    """A heading that shows and hides a page of controls; `count` says how many stand there."""

    def __init__(self, title: str, page: QWidget, count: int) -> None:
        super().__init__()
        self._title = f"{title} ({count})"
        self.page = page
        self.button = QPushButton()
        self.button.setProperty("kind", "fold")
        self.button.setCheckable(True)
        self.button.setAccessibleName(self._title)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(page)
        self.button.toggled.connect(self.on_toggled)
        self.on_toggled(False)

    def on_toggled(self, unfolded: bool) -> None:
        self.button.setText(("▾ " if unfolded else "▸ ") + self._title)
        self.page.setVisible(unfolded)


def _page(fields: list[_Field]) -> QWidget:
    page = QWidget()
    grid = QGridLayout(page)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(10)
    grid.setVerticalSpacing(6)
    grid.setColumnStretch(0, 1)
    for row, field in enumerate(fields):
        unit = f" ({field.setting.unit})" if field.setting.unit else ""
        title = label(field.setting.title + unit, "muted", wrap=True)
        title.setBuddy(field.control)
        title.setToolTip(_explained(field.setting))
        grid.addWidget(title, 2 * row, 0)
        field.control.setFixedWidth(128)
        grid.addWidget(field.control, 2 * row, 1, Qt.AlignmentFlag.AlignRight)
        grid.addWidget(field.fault, 2 * row + 1, 0, 1, 2)
    return page
