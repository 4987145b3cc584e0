"""What an administrator has decided for everybody in this vault: switches by name, each change in the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from medstation.api import WrongUsage
from medstation.vault.rights import SET_POLICY

if TYPE_CHECKING:
    from medstation.vault.vault import Vault

EXPORT_REASON = "export-reason"
KNOWN: Mapping[str, str] = {EXPORT_REASON: "every export needs a reason, which stands in the audit log"}
"""All policies with what they mean. Each is off until it is switched on."""


class Policies:
    """The switches of one vault."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def all(self) -> dict[str, bool]:
        with self._vault.read() as reader:
            kept = {row["name"]: bool(row["value"]) for row in reader.all("SELECT name, value FROM policies")}
        return {name: kept.get(name, False) for name in KNOWN}

    def is_on(self, name: str) -> bool:
        return self.all()[_known(name)]

    def set(self, name: str, on: bool) -> None:
        """Needs an administrator. Setting what is set already leaves no entry."""
        self._vault.need(SET_POLICY)
        before = self.is_on(name)
        if before == on:
            return
        change = {"before": _word(before), "after": _word(on)}
        with self._vault.write(self._vault.user.name, SET_POLICY, name, change) as tx:
            tx.execute("INSERT OR REPLACE INTO policies VALUES (?, ?)", name, int(on))


def _known(name: str) -> str:
    if name not in KNOWN:
        raise WrongUsage(f"there is no policy {name!r}", f"Policies: {', '.join(KNOWN)}.")
    return name


def _word(on: bool) -> str:
    return "on" if on else "off"
