"""Nobody gets past the gate without the passphrase, and nobody is left alone at it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot
from shell_vault import PASSPHRASE

from medstation.api import VaultLocked
from medstation.shell.gate import FirstStartPage, RecoverPage, UnlockPage
from medstation.shell.recovery_dialog import RecoveryDialog
from medstation.shell.run import LOCKED, Shell
from medstation.shell.strength import MINIMUM, bits, strength
from medstation.vault import Vault

pytestmark = pytest.mark.gui


def test_a_wrong_passphrase_is_told_kindly_and_can_be_tried_again(
    make_shell: Callable[[Path], Shell], vault_folder: Path, qtbot: QtBot
) -> None:
    shell = make_shell(vault_folder)
    page = shell.gate
    assert isinstance(page, UnlockPage)
    page.passphrase.setText("not the passphrase")
    page.act.click()
    assert not page.act.isEnabled()
    qtbot.waitUntil(lambda: not page.fault.isHidden(), timeout=20_000)
    assert shell.office is None and "passphrase" in page.fault.text().lower() and page.act.isEnabled()
    page.passphrase.setText(PASSPHRASE)
    page.act.click()
    qtbot.waitUntil(lambda: shell.office is not None, timeout=20_000)


def test_a_first_start_makes_a_vault(make_shell: Callable[[Path], Shell], tmp_path: Path, qtbot: QtBot) -> None:
    shell = make_shell(tmp_path / "fresh")
    page = shell.gate
    assert isinstance(page, FirstStartPage) and not page.act.isEnabled()
    page.new.first.setText(PASSPHRASE)
    page.new.second.setText(PASSPHRASE + "r")
    page.act.click()
    assert "differ" in page.fault.text()
    page.new.second.setText(PASSPHRASE)
    page.act.click()
    qtbot.waitUntil(lambda: shell.office is not None, timeout=20_000)
    assert (tmp_path / "fresh").is_dir()
    qtbot.waitUntil(lambda: bool(shell.window.findChildren(RecoveryDialog)), timeout=20_000)
    (dialog,) = shell.window.findChildren(RecoveryDialog)
    assert shell.office is not None and shell.office.session.ws.vault.people.has_recovery_key()
    dialog.accept()


def test_the_recovery_key_sets_a_new_passphrase_and_lets_in(
    make_shell: Callable[[Path], Shell], vault_folder: Path, qtbot: QtBot
) -> None:
    with Vault.open(vault_folder, PASSPHRASE) as vault:
        key = vault.people.new_recovery_key()
    shell = make_shell(vault_folder)
    assert isinstance(shell.gate, UnlockPage)
    shell.gate.forgotten.emit()
    page = shell.gate
    assert isinstance(page, RecoverPage)
    page.key.setText(key[:-1] + ("A" if key[-1] != "A" else "B"))
    page.new.first.setText("another long passphrase")
    page.new.second.setText("another long passphrase")
    page.act.click()
    qtbot.waitUntil(lambda: not page.fault.isHidden(), timeout=20_000)
    assert shell.office is None
    page.key.setText(key)
    page.act.click()
    qtbot.waitUntil(lambda: shell.office is not None, timeout=20_000)
    with pytest.raises(VaultLocked):
        Vault.open(vault_folder, PASSPHRASE)


def test_passphrases_are_never_shown(qtbot: QtBot, tmp_path: Path) -> None:
    page = FirstStartPage(tmp_path)
    qtbot.addWidget(page)
    assert all(edit.echoMode() == QLineEdit.EchoMode.Password for edit in page.findChildren(QLineEdit))


def test_locking_ends_everything_that_holds_the_key(shell: Shell, qtbot: QtBot) -> None:
    assert shell.office is not None
    pool = shell.office.session.ws.pool
    shell.lock()
    qtbot.waitUntil(lambda: shell.ended.done(), timeout=20_000)
    assert shell.ended.result() == LOCKED and pool.jobs == []


def test_strength_grows_with_length_not_with_symbols() -> None:
    assert bits("") == 0.0
    assert bits("aaaaaaaaaaaaaaaa") < bits("Tr0ub4d&3x") < bits("plum quarter anvil wander")
    assert "8" in strength("short")[0] and MINIMUM == 8
    assert strength("abcdefgh")[1] == "danger" and strength("plum quarter anvil wander")[1] == "safe"
