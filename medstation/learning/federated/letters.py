"""Letters: what travels between sites. JSON and numbers, signed; numbers are safetensors, nothing in them runs.

`MEDFED1\\n`, 8 bytes with the length of the head (little-endian), the head (JSON), 64 bytes Ed25519 signature over all
before it and the SHA-256 of the body, then the body (safetensors, may be empty).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from medstation.api import Json, Refused
from medstation.api.writing import write_new

MAGIC = b"MEDFED1\n"
SUFFIX = ".medfed"
LARGEST_HEAD = 16 << 20
_SIGNATURE = 64


@dataclass(frozen=True)
class Letter:
    """`head` says what it is ("kind", "federation", "round", "from", ...); `arrays` are its numbers."""

    head: Json
    arrays: dict[str, np.ndarray] = field(default_factory=dict)

    def signed(self, key: Ed25519PrivateKey) -> bytes:
        from safetensors.numpy import save

        head = json.dumps(self.head, sort_keys=True).encode()
        body = save(self.arrays) if self.arrays else b""
        start = MAGIC + len(head).to_bytes(8, "little") + head
        return start + key.sign(start + hashlib.sha256(body).digest()) + body

    def write(self, path: Path, key: Ed25519PrivateKey) -> Path:
        """Whole or not at all: a medium may be pulled out at any time."""
        part = path.with_suffix(".part")
        part.unlink(missing_ok=True)
        write_new(part, self.signed(key))
        return part.replace(path)


def peek(data: bytes, name: str) -> Json:
    """The head, before anybody knows whether the letter is genuine. `Refused` when it is not a letter."""
    head, _ = _parted(data, name)
    return head


def opened(data: bytes, name: str, public: bytes) -> Letter:
    """The letter, if the owner of `public` (32 bytes) wrote it and nothing of it was changed; else `Refused`."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    head, at = _parted(data, name)
    signature, body = data[at : at + _SIGNATURE], data[at + _SIGNATURE :]
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, data[:at] + hashlib.sha256(body).digest())
        return Letter(head, load(body) if body else {})
    except InvalidSignature:
        raise Refused(
            f"{name} was not signed by {head.get('from', 'its sender')}, or was changed on its way",
            "Ask for it again, and compare the fingerprints of the keys by telephone.",
        ) from None
    except (SafetensorError, ValueError) as error:
        raise Refused(f"{name} holds no numbers that can be read: {error}", "Ask for it again.") from error


def _parted(data: bytes, name: str) -> tuple[Json, int]:
    length = int.from_bytes(data[len(MAGIC) : len(MAGIC) + 8], "little")
    start = len(MAGIC) + 8
    if not data.startswith(MAGIC) or length > LARGEST_HEAD or len(data) < start + length + _SIGNATURE:
        raise Refused(f"{name} is not a whole letter of a federation", "Copy it again from the medium it came from.")
    try:
        head = json.loads(data[start : start + length])
    except ValueError as error:
        raise Refused(f"{name} is damaged: {error}", "Copy it again from the medium it came from.") from error
    if not isinstance(head, dict):
        raise Refused(f"{name} is damaged: its head is no object", "Copy it again from the medium it came from.")
    return head, start + length
