"""The people of a vault: who may unlock it, with which role, and the recovery key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from medstation.api import NotFound, Refused, WrongUsage
from medstation.vault import recovery_key
from medstation.vault.attempts import Attempts
from medstation.vault.header import Header
from medstation.vault.header_change import Slots, change_header
from medstation.vault.keys import Kdf
from medstation.vault.slots import ADMINISTRATOR, PASSPHRASE, RECOVERY, KeySlot, Person, check_name, check_role
from medstation.vault.unlocking import unlock

if TYPE_CHECKING:
    from medstation.vault.vault import Vault

_MOST_PEOPLE = 100
Edit = Callable[[KeySlot], KeySlot | None]
RECOVERER = Person("recovery key", ADMINISTRATOR)


class People:
    """Changes of the key slots. Nothing that is stored is encrypted anew: the master key stays the same.

    So somebody who is removed can no longer unlock this vault, but could open an older copy of the whole folder.
    """

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def all(self) -> list[Person]:
        return [slot.person for slot in self._head().of_kind(PASSPHRASE)]

    def named(self, name: str) -> Person:
        """`NotFound` where nobody is called so."""
        slot = self._head().of_person(name)
        if slot is None:  # said only to somebody who has unlocked the vault
            raise NotFound(f"there is no person {name!r} in this vault", "See `medstation vault people list`.")
        return slot.person

    def first_administrator(self) -> str:
        """Whose passphrase the recovery key sets when nobody is named."""
        return next(one.name for one in self.all() if one.role == ADMINISTRATOR)

    def has_recovery_key(self) -> bool:
        return bool(self._head().of_kind(RECOVERY))

    def add(self, name: str, role: str, passphrase: str) -> Person:
        """One more person with an own passphrase. Needs an administrator."""
        self._vault.need("people.add")
        person = Person(check_name(name), check_role(role))
        slot = self._slot(person, passphrase)

        def edit(slots: Slots) -> Slots:
            names = {other.person.name.casefold() for other in slots}
            if person.name.casefold() in names:
                raise WrongUsage(f"there is a person {person.name} already", "Choose another name.")
            if len(slots) >= _MOST_PEOPLE:
                raise Refused(f"a vault has at most {_MOST_PEOPLE} people", "Remove somebody who has left.")
            return (*slots, slot)

        change_header(self._vault, "people.add", person.name, edit, {"role": role})
        return person

    def remove(self, name: str) -> None:
        """Needs an administrator; the last one stays."""
        self._vault.need("people.remove")
        self._change("people.remove", name, lambda _: None)

    def rename(self, name: str, new_name: str) -> None:
        self._vault.need("people.rename")
        new_name = check_name(new_name)
        if new_name.casefold() != name.casefold() and new_name.casefold() in self._names():
            raise WrongUsage(f"there is a person {new_name} already", "Choose another name.")
        self._change("people.rename", name, lambda slot: replace(slot, person=Person(new_name, slot.person.role)))

    def set_role(self, name: str, role: str) -> None:
        self._vault.need("people.role")
        check_role(role)
        self._change("people.role", name, lambda slot: replace(slot, person=Person(slot.person.name, role)))

    def set_passphrase(self, name: str, passphrase: str) -> None:
        """A new passphrase for somebody who forgot theirs. Needs an administrator or the recovery key."""
        self._vault.user.need(ADMINISTRATOR, "setting somebody's passphrase")
        slot = self._slot(self.named(name), passphrase)
        self._change("people.passphrase", name, lambda old: replace(slot, person=old.person))

    def change_passphrase(self, old: str, new: str) -> None:
        """One's own. The old one is asked for, so that nobody does it at an unattended seat."""
        person = self.named(self._vault.user.name)
        attempts = Attempts(self._vault.folder)
        with attempts.turn():
            unlock(self._head(), old, person.name, attempts)
        slot = self._slot(person, new)
        self._change("people.passphrase", person.name, lambda before: replace(slot, person=before.person))

    def new_recovery_key(self, again: bool = False) -> str:
        """Make the recovery key, to be written down: it is shown this once. `again` replaces the one there is."""
        self._vault.need("people.recovery")
        if self.has_recovery_key() and not again:
            raise WrongUsage("this vault has a recovery key already", "Say that it is to be replaced: `--replace`.")
        text = recovery_key.make()
        slot = self._slot(RECOVERER, recovery_key.read(text), RECOVERY)
        change_header(
            self._vault, "people.recovery", "", lambda slots: (*(one for one in slots if one.kind != RECOVERY), slot)
        )
        return text

    def _head(self) -> Header:
        return Header.load(self._vault.folder)

    def _names(self) -> set[str]:
        return {person.name.casefold() for person in (*self.all(), RECOVERER)}

    def _slot(self, person: Person, secret: str, kind: str = PASSPHRASE) -> KeySlot:
        """A sealed slot. A recovery key needs no costly derivation: nobody guesses 160 random bits."""
        if not secret:
            raise WrongUsage("the passphrase is empty", "Choose one that others cannot guess; a sentence is good.")
        head = self._head()
        cost = Kdf.weakest() if kind == RECOVERY else head.of_kind(PASSPHRASE)[0].kdf
        return KeySlot.seal(head.identity, person, kind, secret, self._vault.key, cost)

    def _change(self, action: str, name: str, edit: Edit) -> None:
        """Replace or remove (`None`) one person's slot; whatever it is, an administrator must remain."""
        name = self.named(name).name

        def edit_all(slots: Slots) -> Slots:
            found = [slot for slot in slots if slot.kind == PASSPHRASE and slot.person.name == name]
            changed = {slot.id: edit(slot) for slot in found}
            result = tuple(new for slot in slots if (new := changed.get(slot.id, slot)) is not None)
            if not any(slot.kind == PASSPHRASE and slot.person.role == ADMINISTRATOR for slot in result):
                raise Refused(f"{name} is the last administrator", "Make somebody else an administrator first.")
            return result

        change_header(self._vault, action, name, edit_all)
