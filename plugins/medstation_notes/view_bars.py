"""The bars over the note: types with their keys and counts, sections, find, and the note's class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QKeyEvent, QPainter, QPixmap
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QInputDialog,
    QLineEdit,
    QMenu,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from medstation.widgets.flow import FlowLayout
from medstation.widgets.panels import label
from medstation_notes.sections import Section

SWATCH = 10


def bar() -> tuple[QFrame, QHBoxLayout]:
    """An empty bar and its row."""
    frame = QFrame()
    frame.setProperty("role", "toolbar")
    row = QHBoxLayout(frame)
    row.setContentsMargins(10, 5, 10, 5)
    row.setSpacing(3)
    return frame, row


def tool(text: str, tip: str, checkable: bool = False) -> QToolButton:
    made = QToolButton()
    made.setText(text.replace("&", "&&"))
    made.setToolTip(tip)
    made.setAccessibleName(tip)
    made.setCheckable(checkable)
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return made


def swatch(colour: str) -> QIcon:
    """A small round square of colour."""
    picture = QPixmap(SWATCH * 2, SWATCH * 2)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    painter.drawRoundedRect(1, 1, 2 * SWATCH - 2, 2 * SWATCH - 2, 5, 5)
    painter.end()
    picture.setDevicePixelRatio(2.0)
    return QIcon(picture)


class TypeBar(QWidget):
    """A button per type: key, colour, name, how many. `asked(name)` when one is chosen; `added(name)` for a new one."""

    asked = Signal(str)
    added = Signal(str)
    SHOWN = 9

    def __init__(self) -> None:
        super().__init__()
        self._row = FlowLayout(self, spacing=1)
        self._buttons: list[QToolButton] = []
        self._more = tool("+", self.tr("More types"))
        self._more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self._more)
        self._more.setMenu(self._menu)
        self._row.addWidget(self._more)
        self._names: list[str] = []

    def show_types(self, names: Sequence[str], colours: Mapping[str, str], counts: Mapping[str, int]) -> None:
        while len(self._buttons) < min(len(names), self.SHOWN):
            self._add_button()
        self._names = list(names)
        for index, made in enumerate(self._buttons):
            made.setVisible(index < len(names))
            if index < len(names):
                name, count = names[index], counts.get(names[index], 0)
                key, number = index + 1, f"  {count}" if count else ""
                made.setText(f"{key} {name}{number}".replace("&", "&&"))
                made.setIcon(swatch(colours[name]))
                made.setToolTip(
                    self.tr("{name}: {count} in this note (key {key})").format(name=name, count=count, key=key)
                )
                made.setAccessibleName(made.toolTip())
        self._fill_menu(names[self.SHOWN :], colours, counts)

    def _add_button(self) -> None:
        made, index = tool("", ""), len(self._buttons)
        made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        made.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        made.clicked.connect(lambda: self.asked.emit(self._names[index]))
        self._buttons.append(made)
        self._row.removeWidget(self._more)
        self._row.addWidget(made)
        self._row.addWidget(self._more)

    def _fill_menu(self, names: Sequence[str], colours: Mapping[str, str], counts: Mapping[str, int]) -> None:
        self._menu.clear()
        for name in names:
            action = self._menu.addAction(swatch(colours[name]), f"{name}  {counts.get(name, 0)}".replace("&", "&&"))
            action.triggered.connect(lambda _=False, one=name: self.asked.emit(one))
        if names:
            self._menu.addSeparator()
        self._menu.addAction(self.tr("New type…")).triggered.connect(self.on_new)

    def on_new(self) -> None:
        name, sure = QInputDialog.getText(self, self.tr("New type"), self.tr("Name of the type"))
        if sure and name.strip():
            self.added.emit(name.strip())


class FindBar(QFrame):
    """Looks for words: `sought(text)` while typing, `stepped(1 or -1)`, `closed()`."""

    sought = Signal(str)
    stepped = Signal(int)
    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "toolbar")
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 5, 10, 5)
        self.field = QLineEdit(placeholderText=self.tr("Find in this note"), clearButtonEnabled=True)
        self.field.setAccessibleName(self.tr("Find in this note"))
        self.field.setMaximumWidth(320)
        self.field.textChanged.connect(self.sought)
        self.count = label("", "muted")
        back, on = tool("↑", self.tr("Previous (Shift+F3)")), tool("↓", self.tr("Next (F3)"))
        back.clicked.connect(lambda: self.stepped.emit(-1))
        on.clicked.connect(lambda: self.stepped.emit(1))
        end = tool("✕", self.tr("Close (Esc)"))
        end.clicked.connect(self.closed)
        for widget in (self.field, back, on, self.count):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(end)
        self.hide()

    def say(self, current: int, count: int) -> None:
        found = (
            self.tr("{current} of {count}").format(current=current + 1, count=count) if count else self.tr("not found")
        )
        self.count.setText(found if self.field.text() else "")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        back = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F3):
            self.stepped.emit(-1 if back else 1)
        else:
            super().keyPressEvent(event)


class SectionsButton(QToolButton):
    """A menu of the note's headings; `chosen(offset)`."""

    chosen = Signal(int)
    MOST = 400

    def __init__(self) -> None:
        super().__init__()
        self.setText(self.tr("Sections"))
        self.setToolTip(self.tr("Go to a section of the note"))
        self.setAccessibleName(self.toolTip())
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMenu(QMenu(self))
        self.menu().aboutToShow.connect(self.on_opening)
        self._sections: Sequence[Section] = ()
        self.hide()

    def show_sections(self, sections: Sequence[Section]) -> None:
        self._sections = sections
        self.setVisible(bool(sections))

    def on_opening(self) -> None:
        """The menu is filled when it is wanted: a long note has hundreds of headings."""
        self.menu().clear()
        for one in self._sections[: self.MOST]:
            action = self.menu().addAction(one.title.replace("&", "&&"))
            action.triggered.connect(lambda _=False, offset=one.start: self.chosen.emit(offset))


class ClassBar(QWidget):
    """The note's class: typed or chosen; what a model says stands beside it. `chosen(name)`."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        self.box = QComboBox(insertPolicy=QComboBox.InsertPolicy.NoInsert)
        self.box.setEditable(True)
        field = self.box.lineEdit()
        assert field is not None  # an editable box has one
        field.setPlaceholderText(self.tr("none"))
        self.field = field
        self.box.setAccessibleName(self.tr("Class of the note"))
        self.box.setMinimumWidth(130)
        self.box.activated.connect(self.on_chosen)
        self.field.returnPressed.connect(self.on_chosen)
        self.said = label("", tone="ai")
        row.addWidget(label(self.tr("Class"), "muted"))
        row.addWidget(self.box)
        row.addWidget(self.said)
        self._now = ""

    def show_class(self, name: str, known: Sequence[str], said: str) -> None:
        with QSignalBlocker(self.box):
            self.box.clear()
            self.box.addItems(list(known))
            self.box.setEditText(name)
        self._now = name
        self.said.setText(said)

    def on_chosen(self) -> None:
        name = self.box.currentText().strip()
        if name and name != self._now:
            self._now = name
            self.chosen.emit(name)
