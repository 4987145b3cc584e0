"""Pairwise masks: what each site sends looks like noise, and the noise cancels in the sum of all.

After Bonawitz et al., "Practical Secure Aggregation for Privacy-Preserving Machine Learning" (2017), without its second
mask: every two sites agree on a key by X25519; for each round HKDF makes a key of it, ChaCha20 a stream of numbers,
which one of the two adds and the other takes away. Numbers are whole and wrap at 2^64, so that a masked one is uniform
and says nothing without the other sites' masks.

A site that falls out leaves its masks in the sum; the others then show the keys that they had with it for this round.
This protects from whoever reads what travels and from a coordinator who keeps to the rules, not from one who calls a
site missing that has delivered: its statement is signed and kept, so that it can be held against it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from numpy.typing import NDArray

from medstation.api import BadInput

Whole = NDArray[np.uint64]

SCALE = 2.0**32
"""Steps of the fixed-point numbers per unit: the smallest difference that arrives is 2.3e-10."""

LARGEST = 2.0**24
"""Nothing larger is sent, so that the sum of a hundred sites stays below 2^63 steps."""


def to_whole(values: NDArray[np.floating]) -> Whole:
    """Fixed-point numbers modulo 2^64 of `values` (any shape, flattened). `BadInput` for NaN, infinity and giants."""
    flat = np.asarray(values, np.float64).ravel()
    if not np.isfinite(flat).all() or (np.abs(flat) > LARGEST).any():
        raise BadInput(
            "the update holds numbers that are not finite or far too large",
            "Training diverged here: lower the learning rate, or leave this round out.",
        )
    return np.rint(flat * SCALE).astype(np.int64).view(np.uint64)


def from_whole(total: Whole) -> NDArray[np.float64]:
    """The numbers again, float64."""
    numbers: NDArray[np.float64] = total.view(np.int64).astype(np.float64) / SCALE
    return numbers


def pair_key(own: X25519PrivateKey, other: bytes, federation: str, round_number: int, names: tuple[str, str]) -> bytes:
    """32 bytes that only the two sites know, for this round alone; `other` is the other's public key (32 bytes)."""
    shared = own.exchange(X25519PublicKey.from_public_bytes(other))
    first, second = sorted(names)
    place = f"medstation federation mask\n{federation}\n{round_number}\n{first}\n{second}".encode()
    return HKDF(SHA256(), 32, None, place).derive(shared)


def stream(key: bytes, count: int) -> Whole:
    """`count` numbers of the key's stream."""
    encryptor = Cipher(algorithms.ChaCha20(key, bytes(16)), mode=None).encryptor()
    return np.frombuffer(encryptor.update(bytes(8 * count)), "<u8").astype(np.uint64)


def mask(keys: Mapping[str, bytes], own: str, count: int) -> Whole:
    """What `own` adds to its numbers; `keys` are its pair keys of this round, by the other site's name."""
    total = np.zeros(count, np.uint64)
    for other, key in keys.items():
        total = total + stream(key, count) if own < other else total - stream(key, count)
    return total


def summed(masked: Iterable[Whole], shown: Mapping[tuple[str, str], bytes], count: int) -> Whole:
    """The sum of the masked numbers without masks.

    `shown` are the keys (site that delivered, site that is missing) -> key: what the first had added for the second.
    """
    total = np.zeros(count, np.uint64)
    for one in masked:
        total = total + one
    for (own, missing), key in shown.items():
        total = total - mask({missing: key}, own, count)
    return total
