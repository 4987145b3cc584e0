"""Key slots: the ways into a vault, one per person and one for the recovery key."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, replace

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from medstation.api import Json, Refused, WrongUsage
from medstation.vault.keys import KEY_BYTES, SALT_BYTES, Kdf

ROLES = ("reader", "annotator", "trainer", "approver", "administrator")
"""Each may do what those before it may, and more: see `rights`."""
READER, ANNOTATOR, TRAINER, APPROVER, ADMINISTRATOR = ROLES
PASSPHRASE = "passphrase"
RECOVERY = "recovery"
FIRST_PERSON = "owner"
_FIRST_FORMAT = 1
_NONCE_BYTES = 12
_LONGEST_NAME = 80


@dataclass(frozen=True)
class Person:
    """Who has unlocked a vault, or may. `role` is one of `ROLES`."""

    name: str
    role: str

    def has(self, role: str) -> bool:
        """True with this role or a higher one."""
        return ROLES.index(self.role) >= ROLES.index(role)

    def need(self, role: str, doing: str) -> None:
        """`Refused` unless this person has `role` or a higher one."""
        if not self.has(role):
            who = f"{self.name} is {self.role}" if self.name else "nobody has unlocked the vault here"
            raise Refused(
                f"{doing} needs the role {role}, and {who}",
                "Ask somebody who has that role; an administrator can change yours.",
            )


@dataclass(frozen=True)
class KeySlot:
    """One way in: the master key, encrypted under a key derived from one secret.

    The slot's own seal binds it to its `id`, kind and derivation. Name and role can change without the secret, so they
    are vouched for by the header's seal instead.
    """

    id: str
    person: Person
    kind: str
    kdf: Kdf
    salt: bytes
    nonce: bytes
    wrapped: bytes

    def to_json(self) -> Json:
        return {
            "id": self.id,
            "person": self.person.name,
            "role": self.person.role,
            "kind": self.kind,
            "kdf": self.kdf.to_json(),
            "salt": self.salt.hex(),
            "nonce": self.nonce.hex(),
            "wrapped": self.wrapped.hex(),
        }

    @classmethod
    def from_json(cls, data: Json, version: int) -> KeySlot:
        """A slot of the first format was named, always "first", and knew no people: it becomes its owner's."""
        salt, nonce, wrapped = (_bytes(data[name]) for name in ("salt", "nonce", "wrapped"))
        old = version == _FIRST_FORMAT
        person = Person(FIRST_PERSON, ADMINISTRATOR) if old else Person(str(data["person"]), str(data["role"]))
        if person.role not in ROLES or data["kind"] not in (PASSPHRASE, RECOVERY) or len(wrapped) != KEY_BYTES + 16:
            raise ValueError("a key slot makes no sense")
        slot_id = str(data["name" if old else "id"])
        return cls(slot_id, person, str(data["kind"]), Kdf.from_json(data["kdf"]), salt, nonce, wrapped)

    @classmethod
    def seal(cls, vault: Json, person: Person, kind: str, secret: str, master: bytes, kdf: Kdf) -> KeySlot:
        """A slot that `secret` opens, in the vault with this identity (see `Header.identity`)."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        empty = cls(secrets.token_hex(8), person, kind, kdf, secrets.token_bytes(SALT_BYTES), nonce, b"")
        key = kdf.derive(secret, empty.salt)
        return replace(empty, wrapped=AESGCM(key).encrypt(nonce, master, empty._bound(vault)))

    def open(self, vault: Json, secret: str) -> bytes | None:
        """The master key, or None when `secret` is not this slot's (or the slot was altered)."""
        try:
            return AESGCM(self.kdf.derive(secret, self.salt)).decrypt(self.nonce, self.wrapped, self._bound(vault))
        except InvalidTag:
            return None

    def _bound(self, vault: Json) -> bytes:
        """What the slot's seal also vouches for. Its form is that of the first format, whose slots stay as they are."""
        plain = {"name": self.id, "kind": self.kind, "kdf": self.kdf.to_json(), "salt": self.salt.hex()}
        return json.dumps({**vault, "slot": plain}, sort_keys=True).encode()


def _bytes(text: str) -> bytes:
    """From hex as we write it: capitals would be the same bytes, but nothing we wrote."""
    if text != text.lower():
        raise ValueError("not as it was written")
    return bytes.fromhex(text)


def check_name(name: str) -> str:
    """A person's name as it will stand in the header and in the audit log."""
    name = name.strip()
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise WrongUsage(f"{name!r} is no name for a person", f"Use 1 to {_LONGEST_NAME} printable characters.")
    return name


def check_role(role: str) -> str:
    if role not in ROLES:
        raise WrongUsage(f"there is no role {role!r}", f"The roles are {', '.join(ROLES)}.")
    return role
