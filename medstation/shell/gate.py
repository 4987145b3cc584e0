"""Before the work: making the vault at a first start, and unlocking it at every other."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QProgressBar, QVBoxLayout, QWidget

from medstation.api import MedStationError
from medstation.shell.strength import MINIMUM, strength
from medstation.shell.wording import sentence
from medstation.widgets.panels import button, label, set_tone


class GatePage(QWidget):
    """A card in the middle with a form. Signal: `entered(passphrase)`."""

    entered = Signal(str)

    def __init__(self, title: str, action: str) -> None:
        super().__init__()
        self.setObjectName("gate")
        self.act = button(action, "primary")
        self.act.setDefault(True)
        self.act.clicked.connect(self.on_act)
        self.fault = label("", "error", wrap=True)
        self.fault.hide()
        self.busy = QProgressBar()
        self.busy.setRange(0, 0)
        self.busy.setTextVisible(False)
        self.busy.setAccessibleName(self.tr("Working"))
        self.busy.hide()
        card = QFrame()
        card.setProperty("role", "card")
        card.setFixedWidth(460)
        self.form = QVBoxLayout(card)
        self.form.setContentsMargins(30, 26, 30, 24)
        self.form.setSpacing(12)
        self.form.addWidget(label("MedStation", "heading"))
        self.form.addWidget(label(title, "title", wrap=True))
        layout = QVBoxLayout(self)
        layout.addStretch(2)
        middle = QHBoxLayout()  # an alignment instead would forget that wrapped text needs height
        middle.addStretch(1)
        middle.addWidget(card)
        middle.addStretch(1)
        layout.addLayout(middle)
        layout.addStretch(3)

    def finish(self) -> None:
        """Put what every page has below the page's own parts."""
        for widget in (self.fault, self.busy, self.act):
            self.form.addWidget(widget)

    def passphrase_line(self, name: str) -> QLineEdit:
        """A line that hides what is typed."""
        edit = QLineEdit()
        edit.setEchoMode(QLineEdit.EchoMode.Password)
        edit.setAccessibleName(name)
        edit.setPlaceholderText(name)
        edit.setInputMethodHints(Qt.InputMethodHint.ImhSensitiveData | Qt.InputMethodHint.ImhNoPredictiveText)
        edit.returnPressed.connect(self.on_act)
        return edit

    def on_act(self) -> None:
        """Overridden: check what was typed, and emit `entered`."""
        raise NotImplementedError

    def show_busy(self, busy: bool) -> None:
        """While the key is made from the passphrase."""
        self.busy.setVisible(busy)
        self.act.setEnabled(not busy)
        if busy:
            self.fault.hide()

    def show_fault(self, text: str) -> None:
        self.show_busy(False)
        self.fault.setText(text)
        self.fault.show()

    def show_error(self, error: MedStationError) -> None:
        """Why it did not open, and what to do."""
        self.show_fault(f"{sentence(error.message).rstrip('.')}. {error.hint}".strip())


class UnlockPage(GatePage):
    """Asks for the passphrase of the vault in `folder`."""

    def __init__(self, folder: Path) -> None:
        super().__init__(self.tr("Unlock the vault"), self.tr("Unlock"))
        self.passphrase = self.passphrase_line(self.tr("Passphrase"))
        where = label(str(folder), "small", wrap=True)
        where.setToolTip(self.tr("The folder of the vault"))
        self.form.addWidget(where)
        self.form.addWidget(self.passphrase)
        self.finish()
        self.setFocusProxy(self.passphrase)

    def on_act(self) -> None:
        if self.act.isEnabled() and self.passphrase.text():
            self.show_busy(True)
            self.entered.emit(self.passphrase.text())

    def show_error(self, error: MedStationError) -> None:
        super().show_error(error)
        self.passphrase.selectAll()
        self.passphrase.setFocus()


class FirstStartPage(GatePage):
    """Makes a vault in `folder`: says what that is, and asks for a passphrase twice."""

    def __init__(self, folder: Path) -> None:
        super().__init__(self.tr("Make your vault"), self.tr("Make the vault"))
        meaning = self.tr(
            "Everything MedStation keeps is encrypted in one folder on this machine. Only your passphrase opens it: "
            "nobody can recover it, so keep a copy in a safe place."
        )
        self.first = self.passphrase_line(self.tr("Passphrase"))
        self.second = self.passphrase_line(self.tr("The same passphrase again"))
        self.hint = label("", "small", wrap=True)
        self.form.addWidget(label(meaning, "muted", wrap=True))
        self.form.addWidget(label(str(folder), "small", wrap=True))
        for widget in (self.first, self.second, self.hint):
            self.form.addWidget(widget)
        self.finish()
        self.first.textChanged.connect(self.on_edited)
        self.second.textChanged.connect(self.on_edited)
        self.setFocusProxy(self.first)
        self.on_edited()

    def on_edited(self) -> None:
        word, tone = strength(self.first.text())
        self.hint.setText(word)
        set_tone(self.hint, tone)
        self.fault.hide()
        self.act.setEnabled(len(self.first.text()) >= MINIMUM)

    def on_act(self) -> None:
        if not self.act.isEnabled():
            return
        if self.first.text() != self.second.text():
            self.show_fault(self.tr("The two passphrases differ. Type the same one twice."))
            self.second.setFocus()
            return
        self.show_busy(True)
        self.entered.emit(self.first.text())
