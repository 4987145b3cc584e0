"""How strong a passphrase is, roughly: by how many guesses its kind takes, not by rules about symbols."""

from __future__ import annotations

import math
from itertools import pairwise

from PySide6.QtCore import QCoreApplication

MINIMUM = 8
"""Fewer characters are not taken."""
_WEAK, _FAIR = 45.0, 65.0
"""Bits. With a slow key derivation, 65 bits are out of reach for an attacker who has stolen the folder."""

translate = QCoreApplication.translate


def bits(passphrase: str) -> float:
    """An estimate of the guesses needed, as a power of two; repeated characters and runs count little."""
    if not passphrase:
        return 0.0
    kinds = sum(
        size
        for size, found in (
            (26, any(char.islower() for char in passphrase)),
            (26, any(char.isupper() for char in passphrase)),
            (10, any(char.isdigit() for char in passphrase)),
            (30, any(not char.isalnum() for char in passphrase)),
        )
        if found
    )
    steps = pairwise(passphrase)
    fresh = 1 + sum(0.2 if ord(b) - ord(a) in (-1, 0, 1) else 1.0 for a, b in steps)
    variety = len(set(passphrase)) / len(passphrase)
    return fresh * math.log2(kinds) * (0.4 + 0.6 * variety)


def strength(passphrase: str) -> tuple[str, str]:
    """A sentence for the person who types, and its tone."""
    if len(passphrase) < MINIMUM:
        return translate(
            "gate", "At least {0} characters. Four or more words that do not belong together are good."
        ).format(MINIMUM), ""
    found = bits(passphrase)
    if found < _WEAK:
        return translate("gate", "Weak: a thief with the folder could guess it. Make it longer."), "danger"
    if found < _FAIR:
        return translate("gate", "Fair. One more word makes it strong."), "caution"
    return translate("gate", "Strong."), "safe"
