"""What every verb gets: the options common to all, and the workstation, opened when first needed."""

from __future__ import annotations

import getpass
import os
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from medstation.actions.workstation import Workstation
from medstation.api import NotFound, VaultLocked
from medstation.cli.output import Output
from medstation.vault import Vault


def default_vault() -> Path:
    """`MEDSTATION_VAULT`, or the user's data folder."""
    given = os.environ.get("MEDSTATION_VAULT")
    if given:
        return Path(given)
    home = os.environ.get("LOCALAPPDATA") or os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(home) / "medstation" / "vault"


class Context:
    """One call of the command line."""

    def __init__(self, arguments: Namespace) -> None:
        self.arguments = arguments
        self.output = Output(as_json=arguments.json)
        self.vault_folder = Path(arguments.vault) if arguments.vault else default_vault()
        self.user = str(arguments.user or os.environ.get("MEDSTATION_USER", ""))

    def passphrase(self, confirm: bool = False) -> str:
        """From the passphrase file or the terminal; `VaultLocked` when there is neither."""
        given = self.passphrase_from_file()
        if given:
            return given
        if not sys.stdin.isatty():
            raise VaultLocked(
                "the vault needs its passphrase and there is no terminal to ask at",
                "Give --passphrase-file FILE or set MEDSTATION_PASSPHRASE_FILE.",
            )
        return _from_terminal(confirm)

    def passphrase_from_file(self) -> str:
        """From `--passphrase-file` or `MEDSTATION_PASSPHRASE_FILE`; "" where neither is given."""
        file = self.arguments.passphrase_file or os.environ.get("MEDSTATION_PASSPHRASE_FILE")
        return _from_file(Path(file)) if file else ""

    def open_vault(self) -> Vault:
        """The vault alone, for what needs neither plugins nor workers."""
        return Vault.open(self.vault_folder, self.passphrase(), self.user)

    @contextmanager
    def workstation(self) -> Iterator[Workstation]:
        workstation = Workstation.open(self.vault_folder, self.passphrase(), user=self.user)
        try:
            yield workstation
        finally:
            workstation.close()


def _from_file(path: Path) -> str:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise NotFound(
            f"the passphrase file {path} cannot be read: {error}", "Check its path and permissions."
        ) from error
    if not lines or not lines[0]:
        raise VaultLocked(f"the passphrase file {path} is empty", "Its first line must be the passphrase.")
    return lines[0]


def _from_terminal(confirm: bool) -> str:
    first = getpass.getpass("Passphrase: ")
    if confirm and getpass.getpass("Again: ") != first:
        raise VaultLocked("the two passphrases differ", "Try again.")
    return first
