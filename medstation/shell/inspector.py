"""The inspector at the right: the same four tabs for every task."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QTabWidget, QVBoxLayout

from medstation.shell.look import Look
from medstation.shell.tab_finetune import FinetuneTab
from medstation.shell.tab_infer import InferTab
from medstation.shell.tab_record import RecordTab
from medstation.shell.tab_review import ReviewTab
from medstation.widgets.panels import scrolled

RECORD, INFER, FINETUNE, REVIEW = range(4)


class Inspector(QFrame):
    """Holds the tabs; they have the signals."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("inspector")
        self.setMinimumWidth(300)
        self.record = RecordTab()
        self.infer = InferTab(look)
        self.finetune = FinetuneTab()
        self.review = ReviewTab(look)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        for named_part in (self.tabs, self.tabs.tabBar()):
            named_part.setAccessibleName(self.tr("Inspector"))
        self.tabs.tabBar().setExpanding(False)
        self.tabs.tabBar().setDrawBase(False)
        named = (
            (self.record, self.tr("Record")),
            (self.infer, self.tr("Infer")),
            (self.finetune, self.tr("Fine-tune")),
            (self.review, self.tr("Review")),
        )
        for tab, title in named:
            self.tabs.addTab(scrolled(tab), title)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.tabs)

    def show_tab(self, index: int) -> None:
        """RECORD, INFER, FINETUNE or REVIEW."""
        self.tabs.setCurrentIndex(index)
