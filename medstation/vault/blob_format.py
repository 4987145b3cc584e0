"""How a blob's file is laid out and sealed.

48 bytes of head: magic (8), the blob's id (16), its sealed size (8 bytes big-endian + tag 16). Then the content in
chunks of 256 KiB, each AES-256-GCM with its 16-byte tag; the last one may be shorter, and an empty blob has one empty
chunk. The key is this file's alone (HKDF of the blob key and the random id), so a counter is a safe nonce. What a
chunk's tag also vouches for: the id (no swap, no renaming), its number (no reorder) and whether it is the last (no
truncation).
"""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

MAGIC = b"MEDBLOB1"
ID_BYTES = 16
CHUNK = 256 << 10
TAG = 16
SEALED_CHUNK = CHUNK + TAG
HEAD = len(MAGIC) + ID_BYTES + 8 + TAG
_HEAD_NONCE = b"\xff" * 12


def chunk_count(size: int) -> int:
    return max(1, -(-size // CHUNK))


def stored_size(size: int) -> int:
    """Bytes of the file that holds `size` bytes of content."""
    return HEAD + size + TAG * chunk_count(size)


class BlobCipher:
    """Seals and opens the pieces of one blob. All `open_…` raise `cryptography.exceptions.InvalidTag`."""

    def __init__(self, blob_key: bytes, blob_id: str) -> None:
        self._id = bytes.fromhex(blob_id)
        self._aead = AESGCM(HKDFExpand(SHA256(), 32, info=b"medstation blob 1 " + self._id).derive(blob_key))

    def seal_head(self, size: int) -> bytes:
        plain = MAGIC + self._id
        return plain + self._aead.encrypt(_HEAD_NONCE, size.to_bytes(8, "big"), plain)

    def open_head(self, head: bytes) -> int:
        """The content's size."""
        split = len(MAGIC) + ID_BYTES
        if head[:split] != MAGIC + self._id:
            raise InvalidTag
        return int.from_bytes(self._aead.decrypt(_HEAD_NONCE, head[split:], head[:split]), "big")

    def seal_chunk(self, index: int, last: bool, plain: memoryview, into: memoryview) -> None:
        self._aead.encrypt_into(_nonce(index), plain, self._bound(index, last), into)

    def open_chunk(self, index: int, last: bool, sealed: memoryview, into: memoryview) -> None:
        self._aead.decrypt_into(_nonce(index), sealed, self._bound(index, last), into)

    def _bound(self, index: int, last: bool) -> bytes:
        return self._id + index.to_bytes(8, "big") + bytes([last])


def _nonce(index: int) -> bytes:
    return index.to_bytes(12, "big")
