"""From a secret to the master key: whose it is, counted when it is nobody's."""

from __future__ import annotations

import logging
from dataclasses import asdict
from typing import TYPE_CHECKING

from medstation.api import StorageFull, VaultLocked
from medstation.vault import recovery_key
from medstation.vault.attempts import Attempts
from medstation.vault.header import Header
from medstation.vault.slots import PASSPHRASE, RECOVERY, KeySlot

if TYPE_CHECKING:
    from medstation.vault.vault import Vault

_log = logging.getLogger(__name__)
MOST_TRIED = 8
"""Slots that are tried when nobody says who they are; each costs the whole key derivation."""


def unlock(head: Header, passphrase: str, user: str, attempts: Attempts) -> tuple[bytes, KeySlot]:
    """The master key and the slot that gave it; `VaultLocked` otherwise. Inside `attempts.turn`."""
    slots = head.of_kind(PASSPHRASE)
    if user:
        slots = tuple(slot for slot in slots if slot.person.name == user)
    elif len(slots) > MOST_TRIED:
        raise VaultLocked("this vault has many users", "Say which of them you are.")
    return _try(head, slots, passphrase, user if slots else "", attempts, "passphrase")


def unlock_with_recovery_key(head: Header, text: str, attempts: Attempts) -> tuple[bytes, KeySlot]:
    """The same with the recovery key as a person typed it; a mistyped one is `BadInput` and does not count."""
    secret = recovery_key.read(text)
    slots = head.of_kind(RECOVERY)
    if not slots:
        raise VaultLocked(
            "this vault has no recovery key", "An administrator can make one: `medstation vault recovery`."
        )
    return _try(head, slots, secret, RECOVERY, attempts, "recovery key")


def _try(
    head: Header, slots: tuple[KeySlot, ...], secret: str, user: str, attempts: Attempts, what: str
) -> tuple[bytes, KeySlot]:
    attempts.check()
    opened = try_slots(head, slots, secret)
    if opened is not None:
        return opened
    attempts.failed(user)
    hint = "Check it and try again." if what == "passphrase" else "It is well-formed, but belongs to another vault."
    raise VaultLocked(f"this {what} does not open the vault", hint)


def try_slots(head: Header, slots: tuple[KeySlot, ...], secret: str) -> tuple[bytes, KeySlot] | None:
    for slot in slots:
        key = slot.open(head.identity, secret)
        if key is not None:
            return key, slot
    return None


def note_unlock(vault: Vault, kind: str, attempts: Attempts) -> None:
    """Into the audit log: the failures since the last success, then the success. Inside `attempts.turn`."""
    count, failures = attempts.count(), [asdict(one) for one in attempts.failures()]
    try:
        if count:
            vault.note("vault.unlock.failed", "", {"count": count, "attempts": failures}, actor="medstation")
        vault.note("vault.unlock", detail={"with": kind, "role": vault.user.role})
    except StorageFull:  # a vault on a full disk must open, if only to make room
        _log.warning("the disk is full: this unlocking is not in the audit log")
    else:
        attempts.clear()
