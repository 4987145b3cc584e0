"""What stands in place of identity, made from a secret: the same in every run with it, nothing to anyone without it."""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass
from hashlib import sha256

from medstation.api import WrongUsage

KEY_BYTES = 32
FURTHEST = 3650
"""Days a patient's dates are moved back at most."""


@dataclass(frozen=True)
class Pseudonyms:
    """Made from `key`, at least 16 bytes; kept in the vault, or in a key file by the user."""

    key: bytes

    def __post_init__(self) -> None:
        if len(self.key) < 16:
            raise WrongUsage("the key for pseudonyms is too short", "It needs at least 16 random bytes.")

    def uid(self, old: str) -> str:
        """A new UID for an old one, in the 2.25 form (PS3.5 B.2): 128 bits of the keyed hash."""
        return f"2.25.{int.from_bytes(self._mac('uid', old)[:16], 'big')}"

    def patient(self, identity: str) -> str:
        """A patient's pseudonym: "MS-" and 12 letters and digits."""
        return "MS-" + self.word("patient", identity)

    def word(self, what: str, old: str) -> str:
        """12 letters and digits (60 bits) for a value of some kind."""
        return base64.b32encode(self._mac(what, old)).decode("ascii")[:12]

    def days(self, identity: str) -> int:
        """How many days a patient's dates move: 1 to `FURTHEST` back."""
        return -1 - int.from_bytes(self._mac("days", identity)[:8], "big") % FURTHEST

    def _mac(self, what: str, old: str) -> bytes:
        return hmac.digest(self.key, f"{what}\0{old.strip()}".encode(), sha256)
