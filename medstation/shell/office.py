"""An open vault in the window: session, verbs and frame, put together; nothing of it is left when it closes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QTimer

from medstation.shell import machine
from medstation.shell.commands import Command, install
from medstation.shell.idle import IdleLock
from medstation.shell.menu import Menu
from medstation.shell.permissions import Permissions, guard_workplace
from medstation.shell.session import Session
from medstation.shell.traffic import Traffic, places
from medstation.shell.training import Training
from medstation.shell.verbs import Verbs
from medstation.shell.wiring import Wiring
from medstation.shell.workplace import Workplace

if TYPE_CHECKING:
    from medstation.actions.workstation import Workstation
    from medstation.shell.awaiting import Awaiting
    from medstation.shell.look import Look
    from medstation.shell.memory import Memory

Network = Callable[[], tuple[bool, int]]
"""() -> (whether the system lets no connection out, how often this process tried to make one)."""
PULSE_MS = 2000


class Office:
    """Built once the vault is open. `place` is what the window shows."""

    def __init__(
        self,
        ws: Workstation,
        awaiting: Awaiting,
        memory: Memory,
        look: Look,
        network: Network,
        lock: Callable[[], None],
        leave: Callable[[], None],
    ) -> None:
        self.session = Session(ws, awaiting, memory)
        self.verbs = Verbs(self.session)
        self.training = Training(self.session)
        self.place = Workplace(self.session, self.verbs, look)
        self.wiring = Wiring(self.session, self.verbs, self.training, self.place, look)
        self.permissions = Permissions(ws.vault.user, self.place)
        guard_workplace(self.place, self.permissions)
        self.menu = Menu(self.wiring, self.permissions, lock, leave)
        self.commands: list[Command] = self.menu.commands()
        install(self.commands, self.place)
        self.place.top.search_asked.connect(self.menu.search)
        self.place.top.lock_asked.connect(lock)
        application = QCoreApplication.instance()
        assert application is not None
        self.idle = IdleLock(application, memory, lambda: bool(self.session.running))
        self._network = network
        self._pulse = QTimer(self.place)
        self._pulse.setInterval(PULSE_MS)
        self._pulse.timeout.connect(lambda: self.session.do(self._feel_pulse()))

    def begin(self, paths: Sequence[Path]) -> None:
        """Fill the frame: the task and record of last time, or the files that were asked for."""
        self.session.do(self._fill(paths))

    def begin_background(self) -> None:
        """After the first painting: a worker that imports ahead, and the pulse of the machine."""
        self._pulse.start()
        self.idle.begin()
        self.session.do(self._feel_pulse())
        self.session.do(self._warm_up())

    async def _fill(self, paths: Sequence[Path]) -> None:
        session = self.session
        tasks = list(session.ws.registry.tasks)
        if not tasks:
            reason = QCoreApplication.translate(
                "office", "No plugin that brings a task could be loaded; the settings list them with what is wrong."
            )
            self.place.stage.empty.say(QCoreApplication.translate("office", "No task"), reason)
            return
        record = session.memory.record
        await session.choose_task(session.memory.task if session.memory.task in tasks else tasks[0])
        if paths:
            await self.verbs.open_paths(paths)
        elif record and session.item(record):
            await session.open_item(record)

    async def _warm_up(self) -> None:
        await self.session.awaiting.off_thread(self.session.ws.pool.warm_up)

    async def _feel_pulse(self) -> None:
        found = await self.session.awaiting.off_thread(lambda: (machine.load(), self._network()))
        sealed, here = found[1]
        pool = self.session.ws.pool
        traffic = Traffic(sealed, here + len(pool.attempts()), len(pool.connections()), places(pool.allowed))
        self.place.status.show_machine(found[0])
        self.place.status.show_network(traffic)
        self.place.top.show_network(traffic)

    def close(self) -> None:
        """Keep the views' states, end the jobs, and close the vault."""
        self._pulse.stop()
        self.idle.end()
        self.place.stage.close_view()
        self.session.memory.columns = self.place.columns.sizes()
        self.session.close()
