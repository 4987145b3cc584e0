"""The recovery key, shown this once."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from medstation.widgets.panels import button, label


class RecoveryDialog(QDialog):
    """Shows the key to be written down. It cannot be copied: the clipboard keeps what passes through it."""

    def __init__(self, key: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Recovery key"))
        self.setFixedWidth(520)
        shown = label("\n".join(_lines(key)))
        shown.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        shown.setAlignment(Qt.AlignmentFlag.AlignCenter)
        shown.setAccessibleName(self.tr("Recovery key: {0}").format(key))
        done = button(self.tr("I have written it down"), "primary")
        done.clicked.connect(self.accept)
        texts = (
            label(self.tr("Write this key down and lock it away"), "subtitle", wrap=True),
            label(
                self.tr(
                    "It opens the vault when every passphrase is forgotten, for whoever holds it. It is shown this "
                    "once; an administrator can make another with `medstation vault recovery --replace`."
                ),
                "muted",
                wrap=True,
            ),
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 22, 24, 20)
        layout.setSpacing(14)
        for text in texts:
            layout.addWidget(text)
        layout.addWidget(shown)
        layout.addWidget(done, 0, Qt.AlignmentFlag.AlignRight)


def _lines(key: str) -> list[str]:
    """Three groups to a line."""
    groups = key.split("-")
    return [" - ".join(groups[begin : begin + 3]) for begin in range(0, len(groups), 3)]
