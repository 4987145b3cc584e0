"""The frame of the work: rail, library, data, inspector, and the bars above and below. Lays out; `wiring` connects."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from medstation.shell.catalogue import Catalogue
from medstation.shell.command_palette import CommandPalette
from medstation.shell.inspector import Inspector
from medstation.shell.library_panel import LibraryPanel
from medstation.shell.look import Look
from medstation.shell.rail import Rail
from medstation.shell.session import Session
from medstation.shell.stage import Stage
from medstation.shell.status_line import StatusLine
from medstation.shell.top_bar import TopBar
from medstation.shell.verbs import Verbs

COLUMNS = [285, 850, 325]
"""Widths of library, data and inspector at the first start, pixels."""


class Workplace(QWidget):
    """Everything one sees while the vault is open."""

    def __init__(self, session: Session, verbs: Verbs, look: Look) -> None:
        super().__init__()
        self.setObjectName("workspace")
        self.top = TopBar(look)
        self.rail = Rail(session.ws.registry.tasks.values(), look)
        self.catalogue = Catalogue(look)
        self.library = LibraryPanel(look, self.catalogue)
        self.stage = Stage(session, look, lambda draft: session.do(verbs.save_label(draft)))
        self.inspector = Inspector(look)
        self.status = StatusLine(session.board, look)
        self.columns = QSplitter(Qt.Orientation.Horizontal)
        self.columns.setChildrenCollapsible(False)
        self.columns.setHandleWidth(1)
        for part in (self.library, self.stage, self.inspector):
            self.columns.addWidget(part)
        self.columns.setStretchFactor(1, 1)
        kept = session.memory.columns
        self.columns.setSizes(kept if len(kept) == len(COLUMNS) and min(kept) > 0 else COLUMNS)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.rail)
        middle.addWidget(self.columns, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.top)
        layout.addLayout(middle, 1)
        layout.addWidget(self.status)
        self.palette_box = CommandPalette(self, look)
