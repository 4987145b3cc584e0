"""Passphrases and keys that a call needs: from the first line of a file, or from the terminal without echo."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path

from medstation.api import NotFound, VaultLocked


def from_file(path: Path) -> str:
    """The first line; `NotFound` where the file cannot be read, `VaultLocked` where it holds none."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise NotFound(f"{path} cannot be read: {error}", "Check its path and permissions.") from error
    if not lines or not lines[0]:
        raise VaultLocked(f"{path} is empty", "Its first line must be the passphrase or key.")
    return lines[0]


def from_terminal(what: str, hint: str, confirm: bool = False) -> str:
    """Asked for as `what`, twice where it is to be confirmed; `VaultLocked` with `hint` where nobody can be asked."""
    if not sys.stdin.isatty():
        raise VaultLocked(f"there is no terminal to ask for it at ({what.lower()})", hint)
    given = getpass.getpass(f"{what}: ")
    if confirm and getpass.getpass("Again: ") != given:
        raise VaultLocked("the two differ", "Try again.")
    return given
