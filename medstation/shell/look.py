"""The theme in use: applied to the whole program, and told to what draws by itself."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication

from medstation.widgets.theme import TOKENS, font, palette, stylesheet


class Look(QObject):
    """`tokens` is one dictionary for the life of the program; its values change with the theme.

    Signal: `changed`, after another theme or text size was applied.
    """

    changed = Signal()

    def __init__(self, app: QApplication, theme: str, text_size: str) -> None:
        super().__init__()
        self._app = app
        self.tokens: dict[str, str] = {}
        self.theme = self.text_size = ""
        app.setStyle("Fusion")
        self.apply(theme, text_size)

    def apply(self, theme: str, text_size: str) -> None:
        """Use the theme ("dark" or "light") and a text size named in `medstation.widgets.theme.TEXT_SIZES`."""
        if (theme, text_size) == (self.theme, self.text_size):
            return
        self.theme, self.text_size = theme, text_size
        self.tokens.update(TOKENS[theme])
        self._app.setPalette(palette(theme))
        self._app.setFont(font(text_size))
        self._app.setStyleSheet(stylesheet(self.tokens, text_size))
        self.changed.emit()
