"""What every verb gets: the options common to all, and the workstation, opened when first needed."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from medstation.actions.workstation import Workstation
from medstation.cli import secret
from medstation.cli.output import Output
from medstation.jobs import Porter
from medstation.paths import default_vault
from medstation.vault import Vault


class Context:
    """One call of the command line."""

    def __init__(self, arguments: Namespace, porter: Porter | None = None) -> None:
        self.arguments = arguments
        self._porter = porter
        self.output = Output(as_json=arguments.json)
        self.vault_folder = Path(arguments.vault) if arguments.vault else default_vault()
        self.user = str(arguments.user or os.environ.get("MEDSTATION_USER", ""))

    def passphrase(self, confirm: bool = False) -> str:
        """From the passphrase file or the terminal; `VaultLocked` when there is neither."""
        hint = "Give --passphrase-file FILE or set MEDSTATION_PASSPHRASE_FILE."
        return self.passphrase_from_file() or secret.from_terminal("Passphrase", hint, confirm)

    def passphrase_from_file(self) -> str:
        """From `--passphrase-file` or `MEDSTATION_PASSPHRASE_FILE`; "" where neither is given."""
        file = self.arguments.passphrase_file or os.environ.get("MEDSTATION_PASSPHRASE_FILE")
        return secret.from_file(Path(file)) if file else ""

    def open_vault(self) -> Vault:
        """The vault alone, for what needs neither plugins nor workers."""
        return Vault.open(self.vault_folder, self.passphrase(), self.user)

    @contextmanager
    def workstation(self) -> Iterator[Workstation]:
        workstation = Workstation.open(self.vault_folder, self.passphrase(), user=self.user, porter=self._porter)
        try:
            yield workstation
        finally:
            workstation.close()
