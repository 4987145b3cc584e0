"""The signed end of the audit log, kept beside the database.

A chain alone cannot tell that its end was cut off, or that the whole database was replaced by an older copy of itself.
So after each commit the newest entry's number and seal are signed and written to a file of their own. The file may lag
behind (a crash between the two) but never leads, unless entries are gone. It is not synced: that would cost as much
again as the commit, and losing the newest record in a power cut makes it lag, nothing worse. Whoever can replace the
database and this file alike by older ones is found only with a signed end kept elsewhere: `medstation audit head`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from medstation.api import Json
from medstation.vault.faults import disk_faults
from medstation.vault.files import BINARY, write_all, write_whole

FILE = "audit.head"
MAC_BYTES = 32
_SIGNATURE_BYTES = 64
_RECORD = 8 + MAC_BYTES + _SIGNATURE_BYTES
_SECTOR = 512  # a sector is written whole or not at all, so a power cut spoils at most one of the two records


@dataclass(frozen=True)
class Head:
    """An end of the log: its newest entry's number (0: none yet) and seal."""

    seq: int
    mac: bytes


@dataclass(frozen=True)
class SignedHead:
    """A head that anybody who knows the vault's public key can check, without the vault."""

    vault: str
    head: Head
    signature: bytes
    public_key: bytes

    def to_json(self) -> Json:
        return {
            "vault": self.vault,
            "entry": self.head.seq,
            "seal": self.head.mac.hex(),
            "signature": self.signature.hex(),
            "public_key": self.public_key.hex(),
        }

    @classmethod
    def from_json(cls, data: Json) -> SignedHead:
        """`ValueError`, `KeyError` or `TypeError` when it is none."""
        head = Head(int(data["entry"]), bytes.fromhex(data["seal"]))
        return cls(str(data["vault"]), head, bytes.fromhex(data["signature"]), bytes.fromhex(data["public_key"]))


class Signer:
    """Signs ends of one vault's log. The key comes from the master key: none is stored that could be swapped."""

    def __init__(self, key: bytes, vault: str) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(key)
        self._vault = vault
        self._public = self._private.public_key()
        self.public_key = self._public.public_bytes_raw()

    def sign(self, head: Head) -> SignedHead:
        return SignedHead(self._vault, head, self._private.sign(self._text(head)), self.public_key)

    def is_genuine(self, signed: SignedHead) -> bool:
        """True when this vault signed it; the public key it claims is not believed."""
        return signed.vault == self._vault and self.is_signature(signed.head, signed.signature)

    def is_signature(self, head: Head, signature: bytes) -> bool:
        try:
            self._public.verify(signature, self._text(head))
        except InvalidSignature:
            return False
        return True

    def _text(self, head: Head) -> bytes:
        return b"medstation audit head 1 " + bytes.fromhex(self._vault) + head.seq.to_bytes(8, "big") + head.mac


class HeadFile:
    """Two records, written in turn; the newer genuine one counts."""

    def __init__(self, path: Path, signer: Signer) -> None:
        self._path = path
        self.signer = signer

    def read(self) -> Head | None:
        """None when there is no genuine record."""
        with disk_faults("reading the audit log's signed end"):
            raw = self._path.read_bytes() if self._path.exists() else b""
        heads = [self._parse(raw[start : start + _RECORD]) for start in (0, _SECTOR)]
        return max((head for head in heads if head), key=lambda head: head.seq, default=None)

    def _parse(self, raw: bytes) -> Head | None:
        if len(raw) != _RECORD:
            return None
        head = Head(int.from_bytes(raw[:8], "big"), raw[8 : 8 + MAC_BYTES])
        return head if self.signer.is_signature(head, raw[8 + MAC_BYTES :]) else None

    def write(self, head: Head) -> None:
        """Note a newer end. One that leads stays: it is evidence, which the next opening looks at."""
        known = self.read()
        if known is not None and known.seq >= head.seq:
            return
        with disk_faults("writing the audit log's signed end"):
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | BINARY, 0o600)
            try:
                os.lseek(descriptor, _place(head), os.SEEK_SET)
                write_all(descriptor, self._record(head))
            finally:
                os.close(descriptor)

    def start_again(self, head: Head) -> None:
        """Forget what stands there, once it has been told in the log."""
        with disk_faults("writing the audit log's signed end"):
            write_whole(self._path, bytes(_place(head)) + self._record(head))

    def _record(self, head: Head) -> bytes:
        return head.seq.to_bytes(8, "big") + head.mac + self.signer.sign(head).signature


def _place(head: Head) -> int:
    return head.seq % 2 * _SECTOR
