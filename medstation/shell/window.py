"""The window: the gate first, then the workplace; its size and place are kept between starts."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QMainWindow, QMessageBox, QStackedWidget, QWidget

from medstation.shell.memory import Memory


class MainWindow(QMainWindow):
    """Shows one page at a time.

    Signals: `painted`, once for every page that was shown, after its first painting; `left`, when the person closed the
    window and may.
    """

    painted = Signal()
    left = Signal()

    def __init__(self, memory: Memory) -> None:
        super().__init__()
        self._memory = memory
        self._unpainted: QWidget | None = None
        self.runs_at_work: list[str] = []
        self.setWindowTitle("MedStation")
        self.setMinimumSize(980, 600)
        self.resize(1440, 880)
        if memory.geometry:
            self.restoreGeometry(QByteArray.fromBase64(memory.geometry.encode()))
        self.pages = QStackedWidget()
        self.setCentralWidget(self.pages)

    def show_page(self, page: QWidget) -> None:
        """Show a page in place of the one before, which is deleted."""
        old = self.pages.currentWidget()
        self._unpainted = page
        page.installEventFilter(self)
        self.pages.addWidget(page)
        self.pages.setCurrentWidget(page)
        page.setFocus()
        if old is not None:
            self.pages.removeWidget(old)
            old.deleteLater()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._unpainted and event.type() == QEvent.Type.Paint:
            self._unpainted = None
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self.painted.emit)  # this event comes before the painting itself
        return False

    def closeEvent(self, event: QCloseEvent) -> None:
        event.ignore()
        if self.runs_at_work:
            self._ask_to_leave()
        else:
            self.leave()

    def leave(self) -> None:
        """Keep size and place, and say that the window is done."""
        self._memory.geometry = bytes(self.saveGeometry().toBase64().data()).decode()
        self.hide()
        self.left.emit()

    def _ask_to_leave(self) -> None:
        box = QMessageBox(self)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(self.tr("Fine-tuning is at work: {0}").format(", ".join(self.runs_at_work)))
        box.setInformativeText(self.tr("If you leave now, it stops; it can be resumed from its last checkpoint."))
        stop = box.addButton(self.tr("Stop it and leave"), QMessageBox.ButtonRole.AcceptRole)
        box.addButton(self.tr("Stay"), QMessageBox.ButtonRole.RejectRole)
        box.finished.connect(box.deleteLater)
        stop.clicked.connect(self.leave)
        box.open()
