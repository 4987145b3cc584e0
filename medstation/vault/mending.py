"""Blobs that are damaged or missing, taken from a backup."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from medstation.api import Refused
from medstation.vault.restore import Chain, open_chain

if TYPE_CHECKING:
    from medstation.vault.vault import Vault


def mend(vault: Vault, blobs: Iterable[str], backup: Path, bases: Iterable[Path] = ()) -> list[str]:
    """Put the backup's copies in the places of `blobs` (see `CheckReport.damaged`); those for which it has a sound one.

    A blob never changes, so an older backup's is as good as a newer one's.
    """
    vault.need("vault.mend")
    with ExitStack() as stack:
        chain = open_chain(stack, backup, vault.key, list(bases))
        return [blob for blob in blobs if blob in chain.index.blobs and _mend(vault, blob, chain)]


def _mend(vault: Vault, blob: str, chain: Chain) -> bool:
    fresh = vault.blobs.place_to_work(blob)
    fresh.unlink(missing_ok=True)
    try:
        whole = chain.extract(chain.index.blobs[blob], fresh)
        if not whole or not _is_sound(vault, blob, fresh):
            return False
        with vault.write(vault.user.name, "vault.mend", blob, {"backup": chain.newest.id}) as tx:
            if tx.one("SELECT 1 FROM blobs WHERE id = ?", blob) is None:
                return False  # dropped meanwhile
            vault.blobs.move_in(blob, fresh)
        return True
    finally:
        fresh.unlink(missing_ok=True)


def _is_sound(vault: Vault, blob: str, path: Path) -> bool:
    try:
        with vault.blobs.open_at(path, blob) as reader:
            return not reader.damage()
    except Refused:
        return False
