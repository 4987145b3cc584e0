"""Keeping vault.json and the database in step: every change of the header is an act in the audit log.

The header is saved inside the write transaction that raises the revision in the database. So after a crash the header
may be ahead by that one change, which is then adopted; a header that is behind was put back by somebody and is refused.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from medstation.api import Json, MedStationError, Refused
from medstation.vault import header
from medstation.vault.facts import fact, set_fact
from medstation.vault.faults import RESTORE, disk_faults
from medstation.vault.files import write_whole
from medstation.vault.header import Header
from medstation.vault.slots import KeySlot
from medstation.vault.transaction import Transaction

if TYPE_CHECKING:
    from medstation.vault.vault import Vault

_log = logging.getLogger(__name__)
OLD_FORMAT = header.FILE + ".format-1"
"""The header as the first format wrote it, kept until the next change: its passphrase must not outlive that."""
_FACT = "header"
Slots = tuple[KeySlot, ...]


def current_header(vault: Vault) -> Header:
    """The header in force, checked; one of the first format is brought up to date."""
    with vault.read() as reader:
        known = fact(reader, _FACT)
    head = Header.load(vault.folder)  # after the database: a header is saved before its revision is committed
    if head.revision < known:
        raise Refused(f"an older {header.FILE} was put back into {vault.folder}", RESTORE)
    if head.revision == 0:
        return _upgrade(vault)
    _check_genuine(vault, head)
    if head.revision > known:
        _adopt(vault)
    return head


def change_header(
    vault: Vault, action: str, subject: str, edit: Callable[[Slots], Slots], detail: Json | None = None
) -> None:
    """Replace the key slots, whole or not at all. `edit` gets those in force, as another process may have left them."""
    old: Header | None = None
    try:
        with vault.write(vault.user.name, action, subject, detail) as tx:
            old = Header.load(vault.folder)
            _check_genuine(vault, old)
            _put(vault, tx, old.with_slots(edit(old.slots), vault.key))
    except BaseException:
        if old is not None:
            _put_back(vault, old)
        raise
    with disk_faults("removing the header of the old format"):
        (vault.folder / OLD_FORMAT).unlink(missing_ok=True)


def _put(vault: Vault, tx: Transaction, head: Header) -> None:
    set_fact(tx, _FACT, head.revision)
    head.save(vault.folder)


def _put_back(vault: Vault, old: Header) -> None:
    """After a failed change, unless it was committed after all. What stays ahead is adopted at the next opening."""
    try:
        with vault.read() as reader:
            if fact(reader, _FACT) == old.revision != Header.load(vault.folder).revision:
                old.save(vault.folder)
    except MedStationError as error:
        _log.warning("the vault's header may be ahead of its database: %s", error.message)


def _check_genuine(vault: Vault, head: Header) -> None:
    if not head.is_genuine(vault.key):
        raise Refused(f"{header.FILE} in {vault.folder} was altered by somebody without the vault's key", RESTORE)


def _upgrade(vault: Vault) -> Header:
    """From the first format, which had no seal."""
    with vault.write("medstation", "vault.header.upgrade") as tx:
        head = Header.load(vault.folder)
        if head.revision == 0:  # else another process was faster
            with disk_faults("keeping the header of the old format"):
                write_whole(vault.folder / OLD_FORMAT, (vault.folder / header.FILE).read_bytes())
            head = replace(head, revision=1).sealed(vault.key)
            _put(vault, tx, head)
    _check_genuine(vault, head)
    return head


def _adopt(vault: Vault) -> None:
    """Take note of a change whose transaction never ended (or is just ending in another process)."""
    with vault.write("medstation", "vault.header.adopt") as tx:
        found = Header.load(vault.folder).revision
        tx.detail = {"revision": found}
        set_fact(tx, _FACT, found)
