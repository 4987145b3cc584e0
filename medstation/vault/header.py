"""vault.json: what must be readable before unlocking. No secrets: the master key stands in it wrapped, per key slot."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from medstation.api import Json, Refused, VaultLocked
from medstation.vault.faults import disk_faults
from medstation.vault.files import write_whole
from medstation.vault.keys import KEY_BYTES, SALT_BYTES, Kdf

FILE = "vault.json"
FORMAT = "medstation-vault"
VERSION = 1
_NONCE_BYTES = 12


@dataclass(frozen=True)
class KeySlot:
    """One way in: the master key, encrypted under a key derived from one passphrase."""

    name: str
    kdf: Kdf
    salt: bytes
    nonce: bytes
    wrapped: bytes

    def to_json(self) -> Json:
        return {
            "name": self.name,
            "kind": "passphrase",
            "kdf": self.kdf.to_json(),
            "salt": self.salt.hex(),
            "nonce": self.nonce.hex(),
            "wrapped": self.wrapped.hex(),
        }

    @classmethod
    def from_json(cls, data: Json) -> KeySlot:
        salt, nonce, wrapped = (bytes.fromhex(data[name]) for name in ("salt", "nonce", "wrapped"))
        return cls(str(data["name"]), Kdf.from_json(data["kdf"]), salt, nonce, wrapped)


@dataclass(frozen=True)
class Header:
    """The vault's identity and its key slots."""

    id: str
    created: str
    slots: tuple[KeySlot, ...]

    @classmethod
    def fresh(cls, passphrase: str, master: bytes, kdf: Kdf) -> Header:
        empty = cls(secrets.token_hex(16), datetime.now(UTC).isoformat(timespec="seconds"), ())
        return cls(empty.id, empty.created, (empty.seal("first", passphrase, master, kdf),))

    def seal(self, name: str, passphrase: str, master: bytes, kdf: Kdf) -> KeySlot:
        """A key slot of this vault that `passphrase` opens."""
        salt, nonce = secrets.token_bytes(SALT_BYTES), secrets.token_bytes(_NONCE_BYTES)
        slot = KeySlot(name, kdf, salt, nonce, b"")
        wrapped = AESGCM(kdf.derive(passphrase, salt)).encrypt(nonce, master, self._bound(slot))
        return KeySlot(name, kdf, salt, nonce, wrapped)

    def unlock(self, passphrase: str) -> bytes | None:
        """The master key, or None when the passphrase opens no slot (or the header was altered)."""
        for slot in self.slots:
            try:
                key = slot.kdf.derive(passphrase, slot.salt)
                return AESGCM(key).decrypt(slot.nonce, slot.wrapped, self._bound(slot))
            except InvalidTag:
                continue
        return None

    def _bound(self, slot: KeySlot) -> bytes:
        """What a slot's seal also vouches for: a slot works in this header only, with these parameters only."""
        plain = {key: value for key, value in slot.to_json().items() if key not in ("nonce", "wrapped")}
        facts = {"format": FORMAT, "version": VERSION, "id": self.id, "created": self.created, "slot": plain}
        return json.dumps(facts, sort_keys=True).encode()

    def to_json(self) -> Json:
        slots = [slot.to_json() for slot in self.slots]
        return {"format": FORMAT, "version": VERSION, "id": self.id, "created": self.created, "keyslots": slots}

    def save(self, folder: Path) -> None:
        with disk_faults("writing the vault's header"):
            write_whole(folder / FILE, json.dumps(self.to_json(), indent=2).encode() + b"\n")

    @classmethod
    def load(cls, folder: Path) -> Header:
        path = folder / FILE
        if not path.is_file():
            raise VaultLocked(f"there is no vault in {folder}", "Create one with `medstation vault create`.")
        with disk_faults(f"reading {path}"):
            text = path.read_bytes()
        try:
            return cls._parse(json.loads(text), path)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Refused(f"{path} is damaged ({error})", "Restore vault.json from a backup of the vault.") from error

    @classmethod
    def _parse(cls, data: Json, path: Path) -> Header:
        if data["format"] != FORMAT or not isinstance(data["version"], int):
            raise ValueError("not the header of a vault")
        if data["version"] > VERSION:
            raise Refused(f"{path} was written by a newer MedStation", "Update MedStation to open this vault.")
        header = cls(str(data["id"]), str(data["created"]), tuple(map(KeySlot.from_json, data["keyslots"])))
        if len(bytes.fromhex(header.id)) != 16 or any(len(slot.wrapped) != KEY_BYTES + 16 for slot in header.slots):
            raise ValueError("wrong lengths")
        return header
