"""A short digest of content under the vault's own key, by which content is recognised that the vault holds already.

AES-256-GCM over nothing but additional data (GMAC), always with the same nonce. As a signature that would be reckless;
here it is a keyed hash whose values stay inside the encrypted database. For whoever does not hold the key, two
different contents of n bytes agree with a probability of about n / 2^132 (NIST SP 800-38D, the bound of GHASH): for ten
million files of a megabyte that is 2^-65 for any pair among them. Whoever holds the key can do worse than to make two
files agree. It is ten times as fast as SHA-256 on processors without instructions for that one, which is why it is used
here; damage is found by the seals of blobs, not by this.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import GCM

from medstation.vault.blob_writer import Buffer

_NONCE = bytes(12)


class Fingerprint:
    """Takes content in pieces of any size. Equal content has equal fingerprints within one vault, and in no other."""

    def __init__(self, key: bytes) -> None:
        self._state = Cipher(AES(key), GCM(_NONCE)).encryptor()

    def update(self, data: Buffer) -> None:
        self._state.authenticate_additional_data(data)

    def finish(self) -> str:
        """32 hex digits; the object is used up."""
        self._state.finalize()
        return self._state.tag.hex()
