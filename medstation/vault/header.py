"""vault.json: what must be readable before unlocking. No secrets: the master key stands in it wrapped, per key slot.

Whoever can write the file could swap roles or put an older one back. So it carries a seal made with a key that comes
from the master key, checked right after unlocking, and a revision, which the encrypted database remembers.
"""

from __future__ import annotations

import hmac
import json
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from medstation.api import Json, Refused, VaultLocked
from medstation.vault.faults import disk_faults
from medstation.vault.files import write_whole
from medstation.vault.keys import SubKeys
from medstation.vault.slots import PASSPHRASE, KeySlot

FILE = "vault.json"
FORMAT = "medstation-vault"
VERSION = 2
_FIRST_FORMAT = 1


@dataclass(frozen=True)
class Header:
    """The vault's identity and its key slots. `revision` counts changes; 0 is one of the first format, without seal."""

    id: str
    created: str
    slots: tuple[KeySlot, ...]
    revision: int = 1
    seal: str = ""

    @classmethod
    def fresh(cls) -> Header:
        """A new vault's, without a way in yet."""
        return cls(secrets.token_hex(16), datetime.now(UTC).isoformat(timespec="seconds"), ())

    @property
    def identity(self) -> Json:
        """What binds a slot to this vault; its form is that of the first format, whose slots stay as they are."""
        return {"format": FORMAT, "version": _FIRST_FORMAT, "id": self.id, "created": self.created}

    def of_person(self, name: str) -> KeySlot | None:
        """However the name is written: no two differ in that alone."""
        wanted = name.strip().casefold()
        return next((slot for slot in self.of_kind(PASSPHRASE) if slot.person.name.casefold() == wanted), None)

    def of_id(self, slot_id: str) -> KeySlot | None:
        return next((slot for slot in self.slots if slot.id == slot_id), None)

    def of_kind(self, kind: str) -> tuple[KeySlot, ...]:
        return tuple(slot for slot in self.slots if slot.kind == kind)

    def with_slots(self, slots: tuple[KeySlot, ...], master: bytes) -> Header:
        """The next revision, sealed."""
        changed = replace(self, slots=slots, revision=self.revision + 1)
        return changed.sealed(master)

    def sealed(self, master: bytes) -> Header:
        return replace(self, seal=self._seal(master))

    def is_genuine(self, master: bytes) -> bool:
        """True when nothing in it was changed by somebody without the vault's key."""
        return hmac.compare_digest(self.seal, self._seal(master))

    def _seal(self, master: bytes) -> str:
        text = json.dumps({**self.to_json(), "seal": ""}, sort_keys=True).encode()
        return hmac.digest(SubKeys.of(master, self.id).header, text, "sha256").hex()

    def to_json(self) -> Json:
        return {
            "format": FORMAT,
            "version": VERSION,
            "id": self.id,
            "created": self.created,
            "revision": self.revision,
            "keyslots": [slot.to_json() for slot in self.slots],
            "seal": self.seal,
        }

    def to_bytes(self) -> bytes:
        return json.dumps(self.to_json(), indent=2).encode() + b"\n"

    def save(self, folder: Path) -> None:
        with disk_faults("writing the vault's header"):
            write_whole(folder / FILE, self.to_bytes())

    @classmethod
    def load(cls, folder: Path) -> Header:
        path = folder / FILE
        if not path.is_file():
            raise VaultLocked(f"there is no vault in {folder}", "Create one with `medstation vault create`.")
        with disk_faults(f"reading {path}"):
            text = path.read_bytes()
        return cls.from_bytes(text, path)

    @classmethod
    def from_bytes(cls, text: bytes, path: Path) -> Header:
        """`path` is where it came from, for messages."""
        try:
            return cls._parse(json.loads(text), path)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Refused(f"{path} is damaged ({error})", "Restore vault.json from a backup of the vault.") from error

    @classmethod
    def _parse(cls, data: Json, path: Path) -> Header:
        version = data["version"]
        if data["format"] != FORMAT or not isinstance(version, int):
            raise ValueError("not the header of a vault")
        if version > VERSION:
            raise Refused(f"{path} was written by a newer MedStation", "Update MedStation to open this vault.")
        slots = tuple(KeySlot.from_json(slot, version) for slot in data["keyslots"])
        revision, seal = (0, "") if version == _FIRST_FORMAT else (int(data["revision"]), str(data["seal"]))
        header = cls(str(data["id"]), str(data["created"]), slots, revision, seal)
        if len(bytes.fromhex(header.id)) != 16 or not seal.isascii():
            raise ValueError("wrong lengths")
        return header
