"""The line at the bottom: what was said last, the jobs with a stop, and how busy the machine is."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QToolButton, QWidget

from medstation.shell.job_board import JobBoard, JobLine
from medstation.shell.look import Look
from medstation.shell.traffic import Traffic
from medstation.shell.wording import time_left
from medstation.widgets.icons import icon
from medstation.widgets.panels import ElidedLabel, label

MOST_JOBS = 2
"""Jobs shown one by one; more are counted."""


class StatusLine(QFrame):
    """Signal: `stop_asked(key)`, for a job of the board."""

    stop_asked = Signal(str)

    def __init__(self, board: JobBoard, look: Look) -> None:
        super().__init__()
        self.setObjectName("statusline")
        self.setFixedHeight(28)
        self._board = board
        self._look = look
        self._rows: dict[str, _JobRow] = {}
        self.said = ElidedLabel("", "small")
        self.more = label("", "small")
        self.network = ElidedLabel("", "small")
        self.network.setMaximumWidth(420)
        self.network.hide()
        self.machine = label("", "small")
        self._jobs = QHBoxLayout()
        self._jobs.setSpacing(18)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 0, 14, 0)
        layout.setSpacing(18)
        layout.addWidget(self.said, 1)
        layout.addLayout(self._jobs)
        layout.addWidget(self.more)
        layout.addWidget(self.network)
        layout.addWidget(self.machine)
        self._again = QTimer(self)
        self._again.setInterval(500)
        self._again.timeout.connect(self.draw)

    def say(self, text: str) -> None:
        """One line, until the next one."""
        self.said.setText(text)

    def show_machine(self, facts: Mapping[str, str]) -> None:
        """How busy the machine is: values by name, in order."""
        self.machine.setText("    ".join(f"{name} {value}".strip() for name, value in facts.items()))

    def show_network(self, traffic: Traffic) -> None:
        """What may leave the machine and what tried to, where there is either."""
        self.network.setText(traffic.line())
        self.network.setVisible(bool(traffic.line()))

    def draw(self) -> None:
        """Show the board as it is now; a timer runs only while there are jobs."""
        shown = self._board.shown()
        listed = dict(shown[:MOST_JOBS])
        for key in self._rows.keys() - listed.keys():
            self._rows.pop(key).deleteLater()
        for key, line in listed.items():
            self._row(key).draw(line, self._board.seconds_left(line))
        self.more.setText(self.tr("+ {0} more").format(len(shown) - MOST_JOBS) if len(shown) > MOST_JOBS else "")
        if len(self._board) and not self._again.isActive():
            self._again.start()
        elif not len(self._board):
            self._again.stop()

    def _row(self, key: str) -> _JobRow:
        if key not in self._rows:
            row = self._rows[key] = _JobRow(self._look)
            row.stop.clicked.connect(lambda: self.stop_asked.emit(key))
            self._jobs.addWidget(row)
        return self._rows[key]


class _JobRow(QWidget):
    """One job: text, bar, time left, stop."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.text = ElidedLabel("", "small")
        self.text.setMaximumWidth(320)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.bar.setFixedWidth(110)
        self.left = label("", "small")
        self.stop = QToolButton()
        self.stop.setIcon(icon("stop", look.tokens["muted"], size=14))
        self.stop.setIconSize(QSize(14, 14))
        self.stop.setFixedSize(22, 22)
        self.stop.setStyleSheet("padding: 0;")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        for widget in (self.text, self.bar, self.left, self.stop):
            layout.addWidget(widget)

    def draw(self, line: JobLine, seconds: float | None) -> None:
        """Show how far the job is."""
        text = (
            self.tr("{0} · stopping").format(line.title)
            if line.stopping
            else " · ".join(filter(None, (line.title, line.text)))
        )
        self.text.setText(text)
        self.bar.setAccessibleName(line.title)
        self.bar.setRange(0, 1000 if line.done > 0 else 0)
        self.bar.setValue(round(line.done * 1000))
        self.left.setText("" if seconds is None or line.stopping else time_left(seconds))
        self.stop.setEnabled(not line.stopping)
        self.stop.setAccessibleName(self.tr("Stop {0}").format(line.title))
        self.stop.setToolTip(self.tr("Stop {0}").format(line.title))
