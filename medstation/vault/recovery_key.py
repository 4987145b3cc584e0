"""The recovery key as a person writes it down: groups of letters and digits, the last one tells a slip of the pen.

160 random bits in Crockford's base 32 (no I, L, O, U; small letters, spaces and hyphens count as typed otherwise), then
20 bits of their SHA-256. So a key that was copied wrongly is told apart from one that opens another vault.
"""

from __future__ import annotations

import hashlib
import secrets

from medstation.api import BadInput

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ALIKE = str.maketrans({"I": "1", "L": "1", "O": "0", "-": "", " ": "", "\t": ""})
_KEY_BYTES = 20
_SIGNS = 32
_GROUP = 4
_CHECK_SIGNS = 4


def make() -> str:
    """A new key, as it is shown: nine groups of four."""
    signs = _encode(secrets.token_bytes(_KEY_BYTES))
    signs += _check(signs)
    return "-".join(signs[start : start + _GROUP] for start in range(0, len(signs), _GROUP))


def read(text: str) -> str:
    """The secret in what a person typed; `BadInput` when it cannot be a recovery key or was mistyped."""
    signs = text.strip().upper().translate(_ALIKE)
    strange = sorted(set(signs) - set(_ALPHABET))
    if strange:
        raise BadInput(f"{strange[0]!r} is in no recovery key", "It holds digits and letters only, without I, L, O, U.")
    if len(signs) != _SIGNS + _CHECK_SIGNS:
        wanted = f"A recovery key has {(_SIGNS + _CHECK_SIGNS) // _GROUP} groups of {_GROUP}."
        raise BadInput(f"this recovery key has {len(signs)} letters and digits", wanted)
    if _check(signs[:_SIGNS]) != signs[_SIGNS:]:
        raise BadInput("the recovery key is mistyped: its last group does not fit", "Compare it with what was printed.")
    return signs[:_SIGNS]


def _encode(data: bytes) -> str:
    number = int.from_bytes(data, "big")
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(5 * _SIGNS - 5, -5, -5))


def _check(signs: str) -> str:
    number = int.from_bytes(hashlib.sha256(signs.encode()).digest()[:4], "big")
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(5 * _CHECK_SIGNS - 5, -5, -5))
