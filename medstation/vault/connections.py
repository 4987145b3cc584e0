"""Exceptions from "no network": which hosts and ports an administrator has allowed, and why.

Nothing is allowed unless it stands here. What keeps to the list is `medstation.jobs`: it is read when the vault is
unlocked and handed to the pool of workers, see `medstation.jobs.seal`.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from medstation.api import BadInput, NotFound, WrongUsage
from medstation.paths import network_mark
from medstation.vault.clock import now
from medstation.vault.faults import disk_faults
from medstation.vault.files import write_whole

if TYPE_CHECKING:
    from medstation.vault.vault import Vault

_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9])?)*")
_MOST_PORT = 65535


@dataclass(frozen=True)
class Address:
    """One host (a name, or an IPv4 or IPv6 address) and one TCP port."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Address:
        """From HOST:PORT, an IPv6 address in brackets; `WrongUsage` where it is none."""
        host, colon, port = text.strip().lower().rpartition(":")
        bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
        if not (colon and port.isascii() and port.isdigit() and 0 < int(port) <= _MOST_PORT and _is_host(host, bare)):
            raise WrongUsage(f"{text!r} is no HOST:PORT", "For instance pacs.hospital.org:104 or [fd00::7]:104.")
        return cls(bare, int(port))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True)
class Connection:
    """An exception: who allowed it, since when (UTC, ISO 8601), and why."""

    address: Address
    reason: str
    since: str
    author: str


class Connections:
    """The exceptions of one vault."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def all(self) -> list[Connection]:
        """In the order they were allowed."""
        with self._vault.read() as reader:
            rows = reader.all("SELECT host, port, reason, since, author FROM connections ORDER BY rowid")
        return [Connection(Address(row[0], int(row[1])), row[2], row[3], row[4]) for row in rows]

    def allow(self, address: Address, reason: str) -> Connection:
        """Needs an administrator and a reason. Holds from the next start of the program."""
        self._vault.need("network.allow")
        if not reason.strip():
            raise WrongUsage("a connection is allowed for a reason", "Give it: --reason TEXT.")
        author = self._vault.user.name
        made = Connection(address, reason.strip(), now(), author)
        with self._vault.write(author, "network.allow", str(address), {"reason": made.reason}) as tx:
            if tx.one("SELECT 1 FROM connections WHERE host = ? AND port = ?", address.host, address.port):
                raise BadInput(f"{address} is allowed already", "See `medstation vault network list`.")
            facts = {"host": address.host, "port": address.port, "reason": made.reason}
            tx.insert("connections", **facts, since=made.since, author=author)
        self.keep_mark()
        return made

    def forbid(self, address: Address) -> None:
        """Needs an administrator. Programs that have the vault open keep to the old list until they lock it."""
        self._vault.need("network.forbid")
        with self._vault.write(self._vault.user.name, "network.forbid", str(address)) as tx:
            if not tx.execute("DELETE FROM connections WHERE host = ? AND port = ?", address.host, address.port):
                raise NotFound(f"{address} is not allowed anyway", "See `medstation vault network list`.")
        self.keep_mark()

    def keep_mark(self) -> None:
        """Have the locked vault show whether there are exceptions, see `network_mark`."""
        mark, wanted = network_mark(self._vault.folder), bool(self.all())
        if wanted != mark.exists():
            with disk_faults("marking that connections are allowed"):
                write_whole(mark, b"") if wanted else mark.unlink(missing_ok=True)


def _is_host(written: str, bare: str) -> bool:
    try:
        version = ipaddress.ip_address(bare).version
    except ValueError:
        return bool(written == bare and _NAME.fullmatch(bare))
    return (version == 6) == (written != bare)
