"""From a secret to the master key: whose it is, counted when it is nobody's."""

from __future__ import annotations

import logging
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from medstation.api import StorageFull, VaultLocked
from medstation.vault import recovery_key
from medstation.vault.attempts import Attempts
from medstation.vault.facts import fact, set_fact
from medstation.vault.header import Header
from medstation.vault.slots import PASSPHRASE, RECOVERY, KeySlot

if TYPE_CHECKING:
    from medstation.vault.vault import Vault

_log = logging.getLogger(__name__)
ATTEMPTS = "attempts"
"""The fact that holds the mark of the file of failed attempts."""
MOST_TRIED = 8
"""Slots that are tried when nobody says who they are; each costs the whole key derivation."""


def people_at(folder: Path) -> tuple[str, ...]:
    """The names in the header of the locked vault in `folder`, which whoever reads the folder can read."""
    return tuple(slot.person.name for slot in Header.load(folder).of_kind(PASSPHRASE))


def unlock(head: Header, passphrase: str, user: str, attempts: Attempts) -> tuple[bytes, KeySlot]:
    """The master key and the slot that gave it; `VaultLocked` otherwise. Inside `attempts.turn`."""
    slots = head.of_kind(PASSPHRASE)
    if user.strip():
        own = head.of_person(user)
        slots, user = ((own,), own.person.name) if own else ((), "")
    elif len(slots) > MOST_TRIED:
        raise VaultLocked("this vault has many users", "Say which of them you are.")
    return _try(head, slots, passphrase, user, attempts, "passphrase")


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
    if not slots:  # an unknown name takes as long as a known one: the wait tells nobody who works here
        try_slots(head, head.of_kind(PASSPHRASE)[:1], secret)
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
    with vault.read() as reader:
        lost = attempts.what_was_lost(fact(reader, ATTEMPTS))
    try:
        if lost:
            vault.note("vault.attempts.lost", detail={"found": lost}, actor="medstation")
        if count:
            vault.note("vault.unlock.failed", "", {"count": count, "attempts": failures}, actor="medstation")
        vault.note("vault.unlock", detail={"with": kind, "role": vault.user.role})
        mark = attempts.start_again()
        with vault.write(vault.user.name, "") as tx:
            set_fact(tx, ATTEMPTS, mark)
    except StorageFull:  # a vault on a full disk must open, if only to make room
        _log.warning("the disk is full: this unlocking, or the failed ones before it, are not in the audit log")
