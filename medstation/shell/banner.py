"""What went wrong, told above the data: what it was, what to do, and for a bug its details. Never in the way."""

from __future__ import annotations

import traceback

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QPlainTextEdit, QToolButton, QVBoxLayout

from medstation.api import Json, MedStationError
from medstation.shell.look import Look
from medstation.shell.wording import sentence
from medstation.widgets.icons import icon, pixmap
from medstation.widgets.panels import button, label

MOST_LINES = 200


class Banner(QFrame):
    """Shows one message at a time; hidden where there is none."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setProperty("role", "toolbar")
        self._look = look
        self.sign = label()
        self.message = label("", "strong", wrap=True)
        self.hint = label("", "muted", wrap=True)
        self.more = button(self.tr("Details"), "quiet")
        self.more.setCheckable(True)
        self.more.toggled.connect(self.on_more_toggled)
        self.copy = button(self.tr("Copy"), "quiet", self.tr("Copy the details"))
        self.copy.clicked.connect(lambda: QApplication.clipboard().setText(self.details.toPlainText()))
        self.close_button = QToolButton()
        self.close_button.setIconSize(QSize(16, 16))
        self.close_button.setAccessibleName(self.tr("Close this message"))
        self.close_button.clicked.connect(self.hide)
        self.details: QPlainTextEdit = QPlainTextEdit()
        self.details.setProperty("role", "log")
        self.details.setReadOnly(True)
        self.details.setAccessibleName(self.tr("Details"))
        self.details.setFixedHeight(160)
        self._build()
        self.hide()

    def _build(self) -> None:
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(self.message)
        texts.addWidget(self.hint)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self.sign)
        row.addLayout(texts, 1)
        for widget in (self.copy, self.more, self.close_button):
            row.addWidget(widget)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(16, 10, 10, 10)
        outer.addLayout(row)
        outer.addWidget(self.details)

    def show_error(self, error: BaseException) -> None:
        """A fault of the input, the user or the machine kindly; a bug with what is needed to report it."""
        if isinstance(error, MedStationError) and error.code != "bug":
            self._show(
                "warning", "caution", sentence(error.message), error.hint, "\n".join(getattr(error, "__notes__", ()))
            )
            return
        message = error.message if isinstance(error, MedStationError) else f"{type(error).__name__}: {error}"
        hint = self.tr(
            "This is a fault of MedStation. What was stored before is safe. Please report it with the details."
        )
        self._show("warning", "danger", sentence(message), hint, "".join(traceback.format_exception(error)))

    def show_skipped(self, skipped: list[Json]) -> None:
        """Files that were not taken, each with its reason."""
        title = self.tr("{0} files were skipped").format(len(skipped))
        lines = [
            " · ".join(part for part in (one["path"], one["reason"], one.get("hint", "")) if part) for one in skipped
        ]
        rest = len(lines) - MOST_LINES
        more = [self.tr("and {0} more").format(rest)] if rest > 0 else []
        reasons = sorted({one["reason"] for one in skipped})
        self._show("info", "caution", title, "; ".join(reasons[:3]), "\n".join(lines[:MOST_LINES] + more))

    def _show(self, sign: str, token: str, message: str, hint: str, details: str) -> None:
        self.sign.setPixmap(pixmap(sign, self._look.tokens[token], 20))
        self.close_button.setIcon(icon("close", self._look.tokens["muted"], size=16))
        self.message.setText(message)
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint))
        self.details.setPlainText(details)
        self.more.setVisible(bool(details))
        self.more.setChecked(False)
        self.on_more_toggled(False)
        self.show()

    def on_more_toggled(self, shown: bool) -> None:
        self.details.setVisible(shown)
        self.copy.setVisible(shown)
