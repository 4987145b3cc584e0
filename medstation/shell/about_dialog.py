"""What MedStation is, and what it is not."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from medstation import __version__
from medstation.widgets.panels import button, label


class AboutDialog(QDialog):
    """The version, the statement that this is no medical device, and the licence."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("About MedStation"))
        self.setFixedWidth(460)
        close = button(self.tr("Close"), "primary")
        close.clicked.connect(self.accept)
        texts = (
            label("MedStation", "title"),
            label(self.tr("Version {0}").format(__version__), "muted"),
            label(
                self.tr("An offline AI workstation: read, label, fine-tune, prove and use, in one encrypted vault."),
                wrap=True,
            ),
            label(
                self.tr(
                    "MedStation is not a medical device. It is made for research and teaching. Nothing it shows may be "
                    "the only ground for a diagnosis or a treatment; a qualified person has to judge every result."
                ),
                tone="caution",
                wrap=True,
            ),
            label(self.tr("Free software under the Apache License 2.0."), "small"),
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 22, 24, 18)
        layout.setSpacing(12)
        for text in texts:
            layout.addWidget(text)
        layout.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)
