"""From a passphrase to keys: Argon2id, its cost, and the sub-keys of the vault's master key."""

from __future__ import annotations

import os
import time
import unicodedata
from dataclasses import dataclass, fields

from argon2.exceptions import HashingError
from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from medstation.api import Json, Refused

KEY_BYTES = 32
SALT_BYTES = 16
_PROBE_KIB = 64 << 10
_LARGEST_KIB = 512 << 10
_MOST_KIB = 4 << 20
_MOST_PASSES = 1000
_MOST_LANES = 64


@dataclass(frozen=True)
class Kdf:
    """The cost of one Argon2id: memory in KiB, passes over it, lanes."""

    memory_kib: int
    passes: int
    lanes: int

    @classmethod
    def weakest(cls) -> Kdf:
        """Next to no cost: for tests and throw-away vaults only."""
        return cls(memory_kib=64, passes=1, lanes=1)

    @classmethod
    def calibrated(cls, seconds: float = 1.0) -> Kdf:
        """A cost of about `seconds` on this machine: at least 64 MiB and 3 passes, memory first, then passes."""
        probe = cls(_PROBE_KIB, 1, min(4, os.cpu_count() or 1))
        per_pass = max(1e-3, min(_seconds(probe) for _ in range(3)))
        memory = _PROBE_KIB
        while memory < _LARGEST_KIB and 3 * per_pass * 2 <= seconds:
            memory, per_pass = memory * 2, per_pass * 2
        return cls(memory, max(3, min(16, round(seconds / per_pass))), probe.lanes)

    @classmethod
    def from_json(cls, data: Json) -> Kdf:
        """Checked against bounds: a forged header must not eat the machine's memory."""
        kdf = cls(int(data["memory_kib"]), int(data["passes"]), int(data["lanes"]))
        sound = data["name"] == "argon2id" and 1 <= kdf.lanes <= _MOST_LANES and 1 <= kdf.passes <= _MOST_PASSES
        if not sound or not 8 * kdf.lanes <= kdf.memory_kib <= _MOST_KIB:
            raise ValueError("key derivation out of bounds")
        return kdf

    def to_json(self) -> Json:
        return {"name": "argon2id", "memory_kib": self.memory_kib, "passes": self.passes, "lanes": self.lanes}

    def derive(self, passphrase: str, salt: bytes) -> bytes:
        """32 bytes. The passphrase counts as typed, whichever way the keyboard composes its accents (NFC)."""
        secret = unicodedata.normalize("NFC", passphrase).encode()
        try:
            return hash_secret_raw(secret, salt, self.passes, self.memory_kib, self.lanes, KEY_BYTES, Type.ID)
        except HashingError as error:
            raise Refused(
                f"unlocking needs {self.memory_kib >> 10} MiB of memory, which this machine does not have free",
                "Close other programs and try again.",
            ) from error


def _seconds(kdf: Kdf) -> float:
    began = time.perf_counter()
    kdf.derive("calibration", bytes(SALT_BYTES))
    return time.perf_counter() - began


@dataclass(frozen=True)
class SubKeys:
    """One key per purpose, so that none is used for two."""

    database: bytes
    blobs: bytes
    audit: bytes
    signature: bytes
    header: bytes
    backup: bytes
    fingerprints: bytes

    @classmethod
    def of(cls, master: bytes, vault_id: str) -> SubKeys:
        return cls(*(_sub_key(master, vault_id, purpose.name) for purpose in fields(cls)))


def _sub_key(master: bytes, vault_id: str, purpose: str) -> bytes:
    info = f"medstation vault 1 {purpose}".encode()
    return HKDF(SHA256(), KEY_BYTES, salt=bytes.fromhex(vault_id), info=info).derive(master)
