"""What the vault's tests share."""

from __future__ import annotations

from pathlib import Path

from medstation.vault import Kdf, Transaction, Vault

PASSPHRASE = "correct horse battery staple"


def m001_things(tx: Transaction) -> None:
    tx.execute("CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT, blob TEXT REFERENCES blobs)")


def make(folder: Path) -> Vault:
    """A new vault with a table `things (id, name, blob)`; its passphrase costs next to nothing."""
    vault = Vault.create(folder, PASSPHRASE, kdf=Kdf.weakest())
    vault.migrate("things", [m001_things])
    return vault


def keep(vault: Vault, data: bytes, name: str = "thing") -> str:
    """Store a blob; its id."""
    pending = vault.blobs.put(data)
    with vault.write("ada", "keep", name) as tx:
        blob = tx.keep(pending)
        tx.insert("things", name=name, blob=blob)
    return blob


def place(vault: Vault, blob: str) -> Path:
    """The file of a blob."""
    return vault.folder / "blobs" / blob[:2] / blob[2:4] / blob
