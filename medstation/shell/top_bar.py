"""The bar at the top: where one is, the way to everything else, and what can be trusted."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QWidget

from medstation.shell.look import Look
from medstation.shell.traffic import Traffic
from medstation.widgets.icons import icon
from medstation.widgets.panels import ElidedLabel, Pill, button, label, set_tone


class TopBar(QFrame):
    """Signals: `search_asked`, `lock_asked`."""

    search_asked = Signal()
    lock_asked = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("topbar")
        self.setFixedHeight(44)
        self._look = look
        self.place = ElidedLabel("", "muted", Qt.TextElideMode.ElideMiddle)
        self.search = button(self.tr("Search or run a command    Ctrl K"), "search", self.tr("Search or run a command"))
        self.search.setMinimumWidth(300)
        self.search.clicked.connect(self.search_asked)
        self.network = Pill()
        self.lock = button(
            self.tr("Vault unlocked"), "", self.tr("Vault unlocked; lock it now"), self.tr("Lock the vault now")
        )
        self.lock.setProperty("role", "pill")
        self.lock.clicked.connect(self.lock_asked)
        self._build()
        look.changed.connect(self.draw_icons)
        self.draw_icons()

    def _build(self) -> None:
        layout = QGridLayout(self)
        layout.setContentsMargins(14, 0, 12, 0)
        layout.setHorizontalSpacing(12)
        layout.addWidget(_row(label("MedStation", "brand"), self.place), 0, 0)
        layout.addWidget(self.search, 0, 1, Qt.AlignmentFlag.AlignCenter)
        right = _row(self.network, self.lock)
        layout.addWidget(right, 0, 2, Qt.AlignmentFlag.AlignRight)
        layout.setColumnStretch(0, 1)
        layout.setColumnStretch(2, 1)

    def draw_icons(self) -> None:
        self.search.setIcon(icon("search", self._look.tokens["muted"], size=16))
        self.lock.setIcon(icon("unlock", self._look.tokens["muted"], size=14))

    def show_place(self, *steps: str) -> None:
        """Where one is, from the outside in."""
        self.place.setText("  ›  ".join(step for step in steps if step))

    def show_network(self, traffic: Traffic) -> None:
        """What has left the machine, and what may."""
        word, tone = traffic.pill()
        self.network.setText(word)
        set_tone(self.network, tone)
        self.network.setToolTip(traffic.meaning())


def _row(*widgets: QWidget) -> QWidget:
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(12)
    for index, widget in enumerate(widgets):
        layout.addWidget(widget, 1 if index and isinstance(widget, ElidedLabel) else 0)
    return row
