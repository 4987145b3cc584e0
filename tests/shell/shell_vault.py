"""What the window's tests know of their vault."""

from __future__ import annotations

from pathlib import Path

from medstation.actions.workstation import Workstation
from medstation.registry import Registry
from medstation.vault import Kdf, Vault

PASSPHRASE = "a long enough passphrase"
TASK = "toy.numbers"


def make_workstation(folder: Path, passphrase: str, create: bool, user: str) -> Workstation:
    """As the program does it, with the toy task alone."""
    vault = Vault.create(folder, passphrase, kdf=Kdf.weakest()) if create else Vault.open(folder, passphrase, user)
    return Workstation.on(vault, Registry.discover())
