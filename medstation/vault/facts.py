"""Single numbers about the vault that must not be forged, so they stand in its database."""

from __future__ import annotations

from medstation.vault.transaction import Reader, Transaction


def fact(reader: Reader, name: str) -> int:
    """0 where nothing was noted."""
    row = reader.one("SELECT value FROM vault_facts WHERE name = ?", name)
    return int(row["value"]) if row else 0


def set_fact(tx: Transaction, name: str, value: int) -> None:
    tx.execute("UPDATE vault_facts SET value = ? WHERE name = ?", value, name)
