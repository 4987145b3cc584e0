"""A real vault with the toy task, and the window's parts over it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import qasync
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shell_vault import PASSPHRASE, TASK, make_workstation

from medstation.shell.run import Shell
from medstation.vault import Kdf, Vault


@pytest.fixture
def loop(qapp: QApplication) -> Iterator[asyncio.AbstractEventLoop]:
    """qasync's loop, driven by pytest-qt's event loops."""
    made = qasync.QEventLoop(qapp, already_running=True)
    yield made
    asyncio._set_running_loop(None)
    made._QEventLoop__is_running = False
    made.close()


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    """Nine patients with one record each, and their labels."""
    folder = tmp_path / "cases"
    (folder / "numbers").mkdir(parents=True)
    (folder / "labels").mkdir()
    for number in range(9):
        (folder / "numbers" / f"P{number}_a.num").write_text(f"{number}\n{number + 1}\n")
        (folder / "labels" / f"P{number}_a.value").write_text(str(10 + number % 3))
    return folder


@pytest.fixture
def vault_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "vault"
    Vault.create(folder, PASSPHRASE, kdf=Kdf.weakest()).close()
    return folder


@pytest.fixture
def make_shell(
    qtbot: QtBot, loop: asyncio.AbstractEventLoop, tmp_path: Path, toy_plugin: Path
) -> Iterator[Callable[[Path], Shell]]:
    """`make_shell(vault folder)`: the program with its window at the gate; ended when the test is."""
    made: list[Shell] = []

    def make(folder: Path) -> Shell:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        shell = Shell(app, loop, folder, make_workstation, tmp_path / "config", lambda: (True, 0))
        made.append(shell)
        shell.open()
        return shell

    yield make
    for shell in made:
        if not shell.ended.done():
            shell.window.leave()
        qtbot.waitUntil(lambda shell=shell: shell.awaiting.idle, timeout=20_000)
        shell.window.deleteLater()


@pytest.fixture
def shell(make_shell: Callable[[Path], Shell], vault_folder: Path, qtbot: QtBot) -> Shell:
    """The window with its vault open and the toy task chosen."""
    made = make_shell(vault_folder)
    assert made.gate is not None
    made.gate.entered.emit(PASSPHRASE)
    qtbot.waitUntil(lambda: made.office is not None and made.awaiting.idle, timeout=20_000)
    assert made.office is not None
    made.office.session.do(made.office.session.choose_task(TASK))
    qtbot.waitUntil(lambda: made.awaiting.idle, timeout=20_000)
    return made
