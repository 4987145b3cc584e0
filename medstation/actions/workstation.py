"""The services that actions work with, built once and handed down: in the window, the command line and workers."""

from __future__ import annotations

import getpass
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from medstation.api import Json, TaskSpec
from medstation.jobs import Desk, Job, Pool, Porter
from medstation.library import Library
from medstation.registry import Registry
from medstation.vault import Vault

BUILT_IN_PLUGINS = ("medstation_imaging.plugin", "medstation_notes.plugin", "medstation_signals.plugin")
"""Found also in a checkout that was never installed, where no entry points exist."""


def user_name() -> str:
    """Who acts, for the audit log: the name of the account on this machine."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name: containers with an arbitrary user id
        return "unknown"


def find_plugins(safe_mode: bool = False) -> Registry:
    return Registry.discover(safe_mode=safe_mode, extra=BUILT_IN_PLUGINS)


def modules_to_warm(tasks: Iterator[TaskSpec] | tuple[TaskSpec, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(module for task in tasks for module in task.warm))


@dataclass(frozen=True)
class Workstation:
    """An open vault and everything that works on it."""

    vault: Vault
    library: Library
    registry: Registry
    pool: Pool

    @classmethod
    def on(cls, vault: Vault, registry: Registry | None = None, porter: Porter | None = None) -> Workstation:
        """Works as whoever unlocked `vault`; the connections that are allowed in it are those of now. `porter`: see
        `medstation.jobs.porter`."""
        registry = registry or find_plugins()
        vault.connections.keep_mark()  # a restored vault has none yet
        allowed = tuple((one.address.host, one.address.port) for one in vault.connections.all())
        warm = modules_to_warm(tuple(registry.tasks.values()))
        pool = Pool(vault.folder, vault.key, warm, connections=allowed, porter=porter)
        return cls(vault, Library(vault, vault.user.name), registry, pool)

    @classmethod
    def open(
        cls, folder: Path, passphrase: str, create: bool = False, user: str = "", porter: Porter | None = None
    ) -> Workstation:
        """Unlock as `user` ("": as whoever has this passphrase), or make a vault whose first administrator `user` is
        ("": the account on this machine)."""
        vault = (
            Vault.create(folder, passphrase, user=user or user_name())
            if create
            else Vault.open(folder, passphrase, user)
        )
        return cls.on(vault, porter=porter)

    def submit(
        self,
        act: str,
        target: str,
        request: Json,
        title: str,
        *,
        background: bool = False,
        wait_for_warm: bool = True,
        connect: Sequence[tuple[str, int]] = (),
    ) -> Job:
        """Start a job in the name of whoever unlocked the vault, see `Pool.submit` and `at_work`.

        `act` is what it does, as `medstation.vault.rights` calls it; `Refused` here, and again in the worker, unless
        the person may do it.
        """
        self.vault.need(act)
        signed = {**request, "act": act, "user": self.vault.user.name}
        return self.pool.submit(
            target, signed, title, background=background, wait_for_warm=wait_for_warm, connect=connect
        )

    def close(self) -> None:
        self.pool.close()
        self.vault.close()


@dataclass(frozen=True)
class Bench:
    """The same services inside a worker process, without a pool of its own."""

    library: Library
    registry: Registry


@contextmanager
def at_work(request: Json, desk: Desk) -> Iterator[Bench]:
    """The worker's side of a job: opens the vault with the key it was handed, and closes it at the end.

    The person's role is read from the vault's sealed header, so the worker may do no more than who started it.
    """
    if desk.folder is None or desk.key is None:
        raise RuntimeError("this job needs a vault, and its worker was started without one")
    vault = Vault.attach(desk.folder, desk.key, str(request.get("user", "")))
    try:
        if act := request.get("act"):
            vault.need(act)
        yield Bench(Library(vault, vault.user.name), find_plugins())
    finally:
        vault.close()
