"""Who unlocks, where a vault has several people."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QLineEdit


class NameLine(QLineEdit):
    """A line for a name; hidden until it is known that the vault has several people.

    One types it: a list would show everybody who passes the locked screen who works here. `expected` is the name used
    last at this machine; it is there already if the vault knows it.
    """

    def __init__(self, name: str, expected: str = "") -> None:
        super().__init__()
        self._expected = expected
        self.setAccessibleName(name)
        self.setPlaceholderText(name)
        self.hide()

    def show_people(self, names: Sequence[str]) -> None:
        """What the vault's header tells, once it was read."""
        if not self.text() and self._expected.casefold() in (name.casefold() for name in names):
            self.setText(self._expected)
        self.setVisible(len(names) > 1)

    @property
    def name(self) -> str:
        """ "" where nothing was asked or typed: whoever has this passphrase."""
        return "" if self.isHidden() else self.text().strip()
