"""Before the work: making the vault at a first start, and unlocking it at every other."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QProgressBar, QVBoxLayout, QWidget

from medstation.api import MedStationError
from medstation.shell.name_line import NameLine
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
    """Asks for the passphrase of the vault in `folder`, and whose it is once `name.show_people` was told of several.

    Signal: `forgotten`, when nobody knows it any more.
    """

    forgotten = Signal()

    def __init__(self, folder: Path, expected: str = "") -> None:
        super().__init__(self.tr("Unlock the vault"), self.tr("Unlock"))
        self.name = NameLine(self.tr("Your name"), expected)
        self.passphrase = self.passphrase_line(self.tr("Passphrase"))
        self.name.returnPressed.connect(self.passphrase.setFocus)
        where = label(str(folder), "small", wrap=True)
        where.setToolTip(self.tr("The folder of the vault"))
        self.form.addWidget(where)
        self.form.addWidget(self.name)
        self.form.addWidget(self.passphrase)
        self.finish()
        forgot = button(self.tr("Use the recovery key…"), "quiet")
        forgot.clicked.connect(self.forgotten)
        self.form.addWidget(forgot)
        self.setFocusProxy(self.passphrase)

    def on_act(self) -> None:
        if self.act.isEnabled() and self.passphrase.text():
            self.show_busy(True)
            self.entered.emit(self.passphrase.text())

    def show_error(self, error: MedStationError) -> None:
        super().show_error(error)
        self.passphrase.selectAll()
        self.passphrase.setFocus()


class RecoverPage(GatePage):
    """Asks for the recovery key and a new passphrase. Signals: `recovered(key, passphrase)`, `given_up`."""

    recovered = Signal(str, str)
    given_up = Signal()

    def __init__(self, folder: Path) -> None:
        super().__init__(self.tr("Open with the recovery key"), self.tr("Set the new passphrase"))
        meaning = self.tr(
            "The recovery key was shown once, when the vault was made. With it an administrator, or whoever is named, "
            "gets a new passphrase; nothing that is stored changes."
        )
        self.name = NameLine(self.tr("For whom (empty: the first administrator)"))
        self.key = QLineEdit()
        self.key.setAccessibleName(self.tr("Recovery key"))
        self.key.setPlaceholderText(self.tr("Recovery key, as it was written down"))
        self.new = NewPassphrase(self)
        self.form.addWidget(label(meaning, "muted", wrap=True))
        self.form.addWidget(label(str(folder), "small", wrap=True))
        self.form.addWidget(self.key)
        self.form.addWidget(self.name)
        self.new.add_to(self.form)
        self.finish()
        back = button(self.tr("Back"), "quiet")
        back.clicked.connect(self.given_up)
        self.form.addWidget(back)
        self.key.textChanged.connect(self.on_edited)
        self.new.first.textChanged.connect(self.on_edited)
        self.setFocusProxy(self.key)
        self.on_edited()

    def on_edited(self) -> None:
        self.fault.hide()
        self.act.setEnabled(bool(self.key.text().strip()) and self.new.long_enough())

    def on_act(self) -> None:
        if not self.act.isEnabled():
            return
        if fault := self.new.fault():
            self.show_fault(fault)
            return
        self.show_busy(True)
        self.recovered.emit(self.key.text(), self.new.first.text())


class NewPassphrase(QObject):
    """Two lines for a new passphrase, and how strong it is."""

    def __init__(self, page: GatePage) -> None:
        super().__init__(page)
        self.first = page.passphrase_line(self.tr("New passphrase"))
        self.second = page.passphrase_line(self.tr("The same passphrase again"))
        self.hint = label("", "small", wrap=True)
        self.first.textChanged.connect(self.on_edited)
        self.on_edited()

    def add_to(self, form: QVBoxLayout) -> None:
        for widget in (self.first, self.second, self.hint):
            form.addWidget(widget)

    def on_edited(self) -> None:
        word, tone = strength(self.first.text())
        self.hint.setText(word)
        set_tone(self.hint, tone)

    def long_enough(self) -> bool:
        return len(self.first.text()) >= MINIMUM

    def fault(self) -> str:
        """What is wrong with what was typed, "" for nothing."""
        if self.first.text() == self.second.text():
            return ""
        self.second.setFocus()
        return self.tr("The two passphrases differ. Type the same one twice.")


class FirstStartPage(GatePage):
    """Makes a vault in `folder`: says what that is, and asks for a passphrase twice."""

    def __init__(self, folder: Path) -> None:
        super().__init__(self.tr("Make your vault"), self.tr("Make the vault"))
        meaning = self.tr(
            "Everything MedStation keeps is encrypted in one folder on this machine. Only your passphrase opens it, "
            "and a recovery key that you are shown once, to write down."
        )
        self.new = NewPassphrase(self)
        self.form.addWidget(label(meaning, "muted", wrap=True))
        self.form.addWidget(label(str(folder), "small", wrap=True))
        self.new.add_to(self.form)
        self.finish()
        for line in (self.new.first, self.new.second):
            line.textChanged.connect(self.on_edited)
        self.setFocusProxy(self.new.first)
        self.on_edited()

    def on_edited(self) -> None:
        self.fault.hide()
        self.act.setEnabled(self.new.long_enough())

    def on_act(self) -> None:
        if not self.act.isEnabled():
            return
        if fault := self.new.fault():
            self.show_fault(fault)
            return
        self.show_busy(True)
        self.entered.emit(self.new.first.text())
