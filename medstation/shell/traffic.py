"""What is known of the network: counted, not painted. Plain values, no widgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

translate = QCoreApplication.translate


@dataclass(frozen=True)
class Traffic:
    """`sealed`: the system lets nothing out but what connectors make; `refused` attempts, `made` connections; `allowed`
    are the exceptions an administrator has made, as text."""

    sealed: bool
    refused: int
    made: int
    allowed: tuple[str, ...] = ()

    def line(self) -> str:
        """For the status line; "" where there is nothing to tell beside the pill in the bar at the top."""
        if not (self.allowed or self.refused):
            return ""
        counts = translate("traffic", "connections {0}, refused {1}").format(self.made, self.refused)
        if not self.allowed:
            return counts
        return translate("traffic", "Allowed: {0}").format(", ".join(self.allowed)) + f" · {counts}"

    def pill(self) -> tuple[str, str]:
        """The word for the bar at the top, and its tone."""
        made = translate("traffic", "{0} connections").format(self.made)
        if self.allowed:
            return translate("traffic", "Exceptions {0}").format(len(self.allowed)) + f" · {made}", "caution"
        offline = self.sealed or not self.refused
        word = translate("traffic", "Offline") if offline else translate("traffic", "Not sealed")
        return f"{word} · {made}", "caution" if self.refused else "safe"

    def meaning(self) -> str:
        """What the pill says when one points at it."""
        if self.allowed:
            told = translate("traffic", "An administrator has allowed: {0}. Nothing else leaves MedStation.")
            return told.format(", ".join(self.allowed))
        if self.sealed:
            return translate("traffic", "The system lets no connection out of MedStation.")
        return translate("traffic", "MedStation makes no connections; this system offers no seal to enforce it.")


def places(addresses: Sequence[tuple[str, int]]) -> tuple[str, ...]:
    """Hosts and ports as text."""
    return tuple(f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in addresses)
