"""Where files are: MedStation's own read-only ones (icons, help, sample makers, templates), and the user's vault."""

import os
from pathlib import Path


def resources() -> Path:
    """The resources folder: inside the package when installed, beside it in a checkout."""
    packaged = Path(__file__).parent / "_resources"
    return packaged if packaged.is_dir() else Path(__file__).parent.parent / "resources"


def default_vault() -> Path:
    """`MEDSTATION_VAULT`, or the user's data folder."""
    given = os.environ.get("MEDSTATION_VAULT")
    if given:
        return Path(given)
    home = os.environ.get("LOCALAPPDATA") or os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(home) / "medstation" / "vault"


def network_mark(vault: Path) -> Path:
    """An empty file while the vault has exceptions from no network: all of them that shows before it is unlocked.

    It lets the program be ready for connectors, and nothing more: forged, it allows nothing.
    """
    return vault / "network.allowed"
