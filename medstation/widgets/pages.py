"""What every data view shows beside its data: opening, a failure, and cautions over it. All text is plain text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QProgressBar,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from medstation.api import Fetched, Json, MedStationError, ViewContext
from medstation.widgets.panels import button, label

PROGRESS_STEPS = 1000
COLUMN_WIDTH = 440


class CentredPage(QWidget):
    """A quiet page with a column in its middle."""

    def __init__(self) -> None:
        super().__init__()
        self.column = QVBoxLayout()
        self.column.setSpacing(10)
        middle = QWidget()
        middle.setLayout(self.column)
        middle.setFixedWidth(COLUMN_WIDTH)
        outer = QGridLayout(self)
        outer.addWidget(middle, 1, 1)
        for side in (0, 2):
            outer.setRowStretch(side, 1)
            outer.setColumnStretch(side, 1)


class LoadingPage(CentredPage):
    """Says what is being opened, and how far it is."""

    def __init__(self, title: str) -> None:
        super().__init__()
        opening = self.tr("Opening {title}").format(title=title)
        self.title = label(opening, "subtitle", wrap=True)
        self.bar = QProgressBar(textVisible=False, maximum=0)
        self.bar.setAccessibleName(opening)
        self.text = label("", "muted", wrap=True)
        for widget in (self.title, self.bar, self.text):
            self.column.addWidget(widget)

    def on_progressed(self, done: float, text: str) -> None:
        self.bar.setMaximum(PROGRESS_STEPS)
        self.bar.setValue(round(done * PROGRESS_STEPS))
        self.text.setText(text)


class FailedPage(CentredPage):
    """Says what is wrong and what to do, under `heading`. `retried()` when the person asks to try again."""

    retried = Signal()

    def __init__(self, error: MedStationError, heading: str = "") -> None:
        super().__init__()
        self.message = label(error.message, "subtitle", wrap=True)
        self.hint = label(error.hint, "muted", wrap=True)
        again = button(self.tr("Try again"))
        again.clicked.connect(self.retried)
        self.column.addWidget(label(heading or self.tr("This cannot be shown"), "heading"))
        self.column.addWidget(self.message)
        self.column.addWidget(self.hint)
        self.column.addWidget(again, 0, Qt.AlignmentFlag.AlignLeft)


class NotesBanner(QFrame):
    """Cautions of a record, slim and always in sight; hidden when there are none."""

    def __init__(self, notes: Sequence[str]) -> None:
        super().__init__()
        self.setProperty("role", "note")
        self.text = label("  ·  ".join(notes), tone="caution", wrap=True)
        self.text.setAccessibleName(self.tr("Cautions: {notes}").format(notes="; ".join(notes)))
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 5, 12, 5)
        row.addWidget(label("⚠", tone="caution"))
        row.addWidget(self.text, 1)
        self.setVisible(bool(notes))


class DataPages(QStackedWidget):
    """The pages of a data view: opening, a failure, and the view's own, which stay its own.

    `retried()` when the person asks to try again after a failure. When it goes, it stops what it still waits for.
    """

    retried = Signal()

    def __init__(self, context: ViewContext, failed: str = "") -> None:
        super().__init__()
        self._context = context
        self._failed = failed
        self._asked = 0
        self._cancels: dict[int, Callable[[], None]] = {}
        self.destroyed.connect(partial(_cancel_all, self._cancels))

    def open(self) -> None:
        """Say that the record is being opened."""
        self.show_page(LoadingPage(self._context.record.title))

    def fetch(self, ref: str, arguments: Json, on_ready: Callable[[Fetched], None]) -> None:
        """Ask a worker for data; the opening page says how far it is, and a failure is shown in its place."""
        self._asked += 1
        ready, failed = partial(self._on_ready, self._asked, on_ready), partial(self._on_failed, self._asked)
        self._cancels[self._asked] = self._context.fetch(ref, arguments, ready, failed, self.on_progressed)

    def show_page(self, page: QWidget) -> None:
        """Show a page in place of the one there is."""
        old = self.currentWidget()
        self.addWidget(page)
        self.setCurrentWidget(page)
        if isinstance(old, LoadingPage | FailedPage):
            self.removeWidget(old)
            old.deleteLater()

    def on_progressed(self, done: float, text: str) -> None:
        page = self.currentWidget()
        if isinstance(page, LoadingPage):  # of a record that is shown in parts the rest may still be on its way
            page.on_progressed(done, text)

    def _on_ready(self, number: int, then: Callable[[Fetched], None], fetched: Fetched) -> None:
        self._cancels.pop(number, None)
        then(fetched)

    def _on_failed(self, number: int, error: MedStationError) -> None:
        self._cancels.pop(number, None)
        page = FailedPage(error, self._failed)
        page.retried.connect(self.retried)
        self.show_page(page)


def _cancel_all(cancels: dict[int, Callable[[], None]]) -> None:
    for cancel in cancels.values():
        cancel()
