"""The small parts that panels are made of: sections, facts, pills, notes, empty states. All text is plain text."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from medstation.widgets.flow import FlowLayout

LONGEST_WORD = 24
"""Characters of a word that may stand whole in a panel; longer ones are shortened in their middle."""


def label(text: str = "", role: str = "", tone: str = "", wrap: bool = False) -> QLabel:
    """A label that never interprets its text; `role` and `tone` pick its look from the style sheet."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setProperty("role", role)
    made.setProperty("tone", tone)
    made.setWordWrap(wrap)
    return made


def button(text: str, kind: str = "", name: str = "", tip: str = "") -> QPushButton:
    """A button; `kind` is "", "primary" or "quiet"; `name` is its accessible name where the text is not enough."""
    made = QPushButton(text)
    made.setProperty("kind", kind)
    made.setAccessibleName(name or text)
    made.setToolTip(tip)
    return made


def set_tone(widget: QWidget, tone: str) -> None:
    """Give a widget another tone and let the style sheet see it."""
    if widget.property("tone") != tone:
        widget.setProperty("tone", tone)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def clear(layout: QLayout) -> None:
    """Take everything out of a layout, and delete it when Qt gets to it."""
    while item := layout.takeAt(0):
        widget, inner = item.widget(), item.layout()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
        elif inner is not None:
            clear(inner)


def scrolled(inside: QWidget, sideways: bool = False) -> QScrollArea:
    """`inside` in an area that scrolls up and down, and to the sides only where that is asked for."""
    area = QScrollArea()
    area.setWidget(inside)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    if not sideways:
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return area


class ElidedLabel(QLabel):
    """A label of one line that ends in "…" when there is no room; the whole text is its tool tip."""

    def __init__(self, text: str = "", role: str = "", mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight) -> None:
        super().__init__(text)
        self._mode = mode
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", role)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        return QSize(24, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        shown = self.fontMetrics().elidedText(self.text(), self._mode, self.width())
        self.setToolTip(self.text() if shown != self.text() else "")
        painter = QPainter(self)
        painter.setPen(self.palette().windowText().color())
        painter.drawText(self.rect(), int(self.alignment()), shown)


class Pill(QLabel):
    """A word with an outline: a state. `tone` adds a colour, never the only sign."""

    def __init__(self, text: str = "", tone: str = "") -> None:
        super().__init__(text)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", "pill")
        self.setProperty("tone", tone)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_state(self, text: str, tone: str = "") -> None:
        self.setText(text)
        set_tone(self, tone)


class Section(QFrame):
    """A titled part of a panel; `body` is where its widgets go."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setProperty("role", "section")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(14, 12, 14, 14)
        outer.setSpacing(8)
        self.heading = label(title.upper(), "heading")
        outer.addWidget(self.heading)
        self.body = QVBoxLayout()
        self.body.setSpacing(8)
        outer.addLayout(self.body)

    def add(self, *widgets: QWidget) -> None:
        for widget in widgets:
            self.body.addWidget(widget)


class Facts(QWidget):
    """Rows of a name at the left and a value at the right."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(1, 1)

    def show_rows(self, rows: Sequence[tuple[str, str]]) -> None:
        """Show (name, value) pairs in place of what was shown."""
        clear(self._grid)
        for row, (name, value) in enumerate(rows):
            long_word = max(map(len, value.split()), default=0) > LONGEST_WORD
            shown = ElidedLabel(value, mode=Qt.TextElideMode.ElideMiddle) if long_word else label(value, wrap=True)
            shown.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
            named = label(name, "muted")
            named.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(named, row, 0)
            self._grid.addWidget(shown, row, 1)
        self.setVisible(bool(rows))


class Card(QFrame):
    """A framed part of a page with a title; `body` is where its widgets go."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(16, 12, 16, 14)
        self.body.setSpacing(8)
        self.title = label(title, "strong")
        self.body.addWidget(self.title)


class Note(QFrame):
    """A caution: one sentence with a bar at its left."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.setProperty("role", "note")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 2, 0, 2)
        layout.addWidget(label(text, tone="caution", wrap=True))


class ButtonRow(QWidget):
    """Buttons in a row that wraps."""

    def __init__(self, *buttons: QWidget) -> None:
        super().__init__()
        self._flow = FlowLayout(self)
        for one in buttons:
            self._flow.addWidget(one)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def add(self, widget: QWidget) -> None:
        self._flow.addWidget(widget)

    def empty(self) -> None:
        clear(self._flow)


class EmptyState(QWidget):
    """What to do next, in one sentence and one button."""

    acted = Signal()

    def __init__(self, title: str, sentence: str, action: str = "") -> None:
        super().__init__()
        self.title = label(title, "title", wrap=True)
        self.sentence = label(sentence, "muted", wrap=True)
        self.action = button(action or title, "primary")
        self.action.setVisible(bool(action))
        self.action.clicked.connect(self.acted)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 24)
        layout.setSpacing(12)
        layout.addStretch(2)
        for widget in (self.title, self.sentence):
            widget.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            widget.setMaximumWidth(520)
            row = QHBoxLayout()
            row.addStretch(1)
            row.addWidget(widget, 100)
            row.addStretch(1)
            layout.addLayout(row)
        layout.addWidget(self.action, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(3)

    def say(self, title: str, sentence: str, action: str = "") -> None:
        """Another text; without an `action` the button is hidden."""
        self.title.setText(title)
        self.sentence.setText(sentence)
        self.action.setText(action)
        self.action.setAccessibleName(action)
        self.action.setVisible(bool(action))
