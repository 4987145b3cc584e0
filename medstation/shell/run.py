"""Starts the window: theme, gate, vault, workplace; and ends it so that nothing that knew the key is left."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import qasync
from PySide6.QtWidgets import QApplication

from medstation.api import MedStationError
from medstation.jobs.porter import START_ANEW
from medstation.shell.awaiting import Awaiting
from medstation.shell.gate import FirstStartPage, GatePage, RecoverPage, UnlockPage
from medstation.shell.look import Look
from medstation.shell.memory import Memory
from medstation.shell.window import MainWindow
from medstation.widgets.collecting import Collector

if TYPE_CHECKING:
    from medstation.actions.workstation import Workstation
    from medstation.shell.office import Network, Office

MakeWorkstation = Callable[[Path, str, bool, str], "Workstation"]
"""(vault folder, passphrase, whether to create it, who unlocks it or "") -> the open workstation. Called off the
window's thread."""
LOCKED = START_ANEW
"""What `start` returns when the person locked the vault: start the program anew, so that no memory holds the key."""
log = logging.getLogger(__name__)


def start(
    paths: Sequence[Path],
    vault_folder: Path,
    make_workstation: MakeWorkstation,
    config_dir: Path,
    network: Network,
    passphrase: str = "",
    user: str = "",
) -> int:
    """Open the window and stay until it is closed; 0, or `LOCKED`.

    `paths` are opened without importing. A `passphrase` (of the demo's vault) opens the vault without asking; `user` is
    who unlocks it, if that is known.
    """
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setApplicationName("MedStation")
    app.setQuitOnLastWindowClosed(False)
    Collector(app)
    with qasync.QEventLoop(app) as loop:
        shell = Shell(app, loop, vault_folder, make_workstation, config_dir, network, paths, user)
        shell.open(passphrase)
        code: int = loop.run_until_complete(shell.ended)
        loop.run_until_complete(shell.awaiting.settle())
    return code


class Shell:
    """The program with its window, from the gate to the end. `ended` gives the exit code."""

    def __init__(
        self,
        app: QApplication,
        loop: qasync.QEventLoop,
        vault_folder: Path,
        make_workstation: MakeWorkstation,
        config_dir: Path,
        network: Network,
        paths: Sequence[Path] = (),
        user: str = "",
    ) -> None:
        self._folder = vault_folder
        self._make_workstation = make_workstation
        self._config_dir = config_dir
        self._network = network
        self._paths = list(paths)
        self._user = user
        self._code = 0
        self.ended = loop.create_future()
        self.memory = Memory.load(config_dir)
        self.look = Look(app, self.memory.theme, self.memory.text_size)
        self.awaiting = Awaiting(loop, self.on_error)
        self.window = MainWindow(self.memory)
        self.window.left.connect(self.on_left)
        self.gate: GatePage | None = None
        self.office: Office | None = None
        self._hook, sys.excepthook = sys.excepthook, self.on_exception

    def open(self, passphrase: str = "") -> None:
        """Show the gate: to make a vault where there is none yet, or else to unlock it."""
        create = not self._folder.exists() or not any(self._folder.iterdir())
        self._show_gate(FirstStartPage(self._folder) if create else self._unlock_page(), create)
        self.window.show()
        assert self.gate is not None
        if passphrase:
            self.gate.show_busy(True)
            self.awaiting.start(self._enter(passphrase, create, self._user))

    def _unlock_page(self) -> UnlockPage:
        return UnlockPage(self._folder, self._user or self.memory.person)

    def _show_gate(self, page: GatePage, create: bool = False) -> None:
        self.gate = page
        if isinstance(page, UnlockPage):
            page.entered.connect(lambda entered: self.awaiting.start(self._enter(entered, False, page.name.name)))
            page.forgotten.connect(lambda: self._show_gate(RecoverPage(self._folder)))
        elif isinstance(page, RecoverPage):
            page.given_up.connect(lambda: self._show_gate(self._unlock_page()))
            page.recovered.connect(lambda key, new: self.awaiting.start(self._recover(key, new, page.name.name)))
        else:
            page.entered.connect(lambda entered: self.awaiting.start(self._enter(entered, create, self._user)))
        self.window.show_page(page)
        if isinstance(page, UnlockPage | RecoverPage):
            self.awaiting.start(self._ask_who(page))

    async def _ask_who(self, page: UnlockPage | RecoverPage) -> None:
        """Asks for a name where the vault has several people. A header that cannot be read is told at the unlocking."""

        def read() -> tuple[str, ...]:
            from medstation.vault import people_at

            try:
                return people_at(self._folder)
            except MedStationError as error:
                log.warning("the people of the vault are not known: %s", error.message)
                return ()

        names = await self.awaiting.off_thread(read)
        if self.gate is page:
            page.name.show_people(names)

    async def _recover(self, key: str, passphrase: str, user: str) -> None:
        """A new passphrase for `user` ("": the first administrator), then in with it."""

        def set_passphrase() -> str:
            from medstation.vault import Vault

            with Vault.recover(self._folder, key) as vault:
                person = vault.people.named(user or vault.people.first_administrator())
                vault.people.set_passphrase(person.name, passphrase)
                return person.name

        try:
            name = await self.awaiting.off_thread(set_passphrase)
        except MedStationError as error:
            self._tell_gate(error)
        else:
            await self._enter(passphrase, create=False, user=name)

    async def _enter(self, passphrase: str, create: bool, user: str) -> None:
        def prepare() -> Workstation:
            import medstation.shell.office  # noqa: F401  # loaded here, while the person waits for the key anyway

            return self._make_workstation(self._folder, passphrase, create, user)

        try:
            ws = await self.awaiting.off_thread(prepare)
        except MedStationError as error:
            self._tell_gate(error)
        else:
            self._move_in(ws)
            if create:
                await self._show_recovery_key(ws)

    async def _show_recovery_key(self, ws: Workstation) -> None:
        from medstation.shell.recovery_dialog import RecoveryDialog

        key = await self.awaiting.off_thread(ws.vault.people.new_recovery_key)
        if self.office:
            self.office.wiring.asking.open(RecoveryDialog(key, self.office.place))

    def _tell_gate(self, error: MedStationError) -> None:
        if self.gate:
            self.gate.show_error(error)

    def _move_in(self, ws: Workstation) -> None:
        from medstation.shell.office import Office

        self.gate = None
        self.memory.person = ws.vault.user.name
        self.office = office = Office(ws, self.awaiting, self.memory, self.look, self._network, self.lock, self.leave)
        office.session.jobs_changed.connect(self.on_jobs_changed)
        office.idle.due.connect(self.lock_unasked)
        self.window.painted.connect(office.begin_background)
        self.window.show_page(office.place)
        office.begin(self._paths)

    def on_jobs_changed(self) -> None:
        if self.office:
            self.window.runs_at_work = list(self.office.session.running)

    def lock(self) -> None:
        """End here; the caller starts the program anew at the unlock page."""
        self._code = LOCKED
        self.window.close()

    def lock_unasked(self) -> None:
        """Nobody is there to ask."""
        self._code = LOCKED
        self.window.leave()

    def leave(self) -> None:
        """Close the window, after asking where work would be stopped."""
        self._code = 0
        self.window.close()

    def on_left(self) -> None:
        self.memory.theme, self.memory.text_size = self.look.theme, self.look.text_size
        if self.office:
            self.office.close()
        else:
            self.awaiting.close()
        self.memory.save(self._config_dir)
        sys.excepthook = self._hook
        if not self.ended.done():
            self.ended.set_result(self._code)

    def on_error(self, error: BaseException) -> None:
        """What a coroutine raised."""
        if self.office:
            self.office.session.on_error(error)
        elif self.gate:
            log.error("the vault could not be opened", exc_info=error)
            self.gate.show_fault(f"{type(error).__name__}: {error}")

    def on_exception(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """What a slot raised: a fault of the program, told in the window and kept by the usual hook."""
        self._hook(kind, error, trace)
        if self.office and isinstance(error, Exception):
            self.office.session.failed.emit(error)
