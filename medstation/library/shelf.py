"""What every part of the library stands on: the vault and the person who works with it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from medstation.vault import PendingBlob, Row, Transaction, Vault

_INLINE = 16 << 10
"""Payloads up to this many bytes stand in the row itself: a file each would cost more than it holds."""


class Shelf:
    """A part of the library."""

    def __init__(self, vault: Vault, user: str) -> None:
        self.vault = vault
        self.user = user

    @contextmanager
    def _staged(self, data: bytes, inline: bool = False) -> Iterator[Payload]:
        """`data` written and synced before the transaction that will keep it, and removed when that fails."""
        if inline and len(data) <= _INLINE:
            yield Payload(data, None)
            return
        pending = self.vault.blobs.put(data)
        try:
            yield Payload(None, pending)
        except BaseException:
            self.vault.blobs.discard(pending)
            raise

    def _payload(self, row: Row) -> bytes:
        """The bytes that `Payload.keep` stored in `row`."""
        return self.vault.blobs.read(row["blob"]) if row["blob"] is not None else bytes(row["payload"])


class Payload:
    """Bytes on their way into a row: in the row itself or as a blob."""

    def __init__(self, inline: bytes | None, pending: PendingBlob | None) -> None:
        self._inline = inline
        self._pending = pending

    def keep(self, tx: Transaction) -> dict[str, Any]:
        """The columns `payload` and `blob`."""
        return {"payload": self._inline, "blob": tx.keep(self._pending) if self._pending else None}

    def keep_blob(self, tx: Transaction) -> str:
        assert self._pending is not None
        return tx.keep(self._pending)


def to_text(value: Any) -> str:
    """JSON for a column: the same value is always the same text."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
