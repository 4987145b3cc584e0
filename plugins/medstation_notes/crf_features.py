"""What the feature CRF looks at around each word, as short texts: a stored model knows its features by these names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

VERSION = 1
"""Kept with a model: one made with other features cannot be used."""
WINDOW = 2
"""Words to either side that are looked at."""

_UPPER, _LOWER, _DIGIT = re.compile(r"[^\W\d_a-zß-öø-ÿ]"), re.compile(r"[a-zß-öø-ÿ]"), re.compile(r"\d")


@lru_cache(maxsize=200_000)
def shape(word: str) -> str:
    """ "BRCA1" -> "AAAA0", cut to 8 signs."""
    return _DIGIT.sub("0", _LOWER.sub("a", _UPPER.sub("A", word[:8])))


@lru_cache(maxsize=200_000)
def brief(word: str) -> str:
    """The shape without repeats: "BRCA1" -> "A0"."""
    kept = ""
    for sign in shape(word):
        if not kept.endswith(sign):
            kept += sign
    return kept


@lru_cache(maxsize=200_000)
def _own(word: str) -> tuple[str, ...]:
    """Features of the word itself: its ends, its beginnings, its form."""
    low = word.lower()
    found = [f"w={low}", f"W={word}", f"s={shape(word)}", f"b={brief(word)}"]
    found += [f"p{size}={low[:size]}" for size in (2, 3, 4, 5) if len(low) > size]
    found += [f"e{size}={low[-size:]}" for size in (2, 3, 4, 5) if len(low) > size]
    if word.isupper():
        found.append("upper")
    if word[0].isupper() and not word.isupper():
        found.append("title")
    if any(sign.isdigit() for sign in word):
        found.append("digit")
    if len(low) > 4:
        found += [f"g={low[place : place + 4]}" for place in range(len(low) - 3)]
    return tuple(found)


@lru_cache(maxsize=200_000)
def _near(word: str, offset: int) -> tuple[str, ...]:
    low = word.lower()
    found = [f"{offset}w={low}", f"{offset}b={brief(word)}"]
    if abs(offset) == 1:
        found += [f"{offset}e={low[-3:]}", f"{offset}p={low[:3]}"]
    return tuple(found)


def features(words: Sequence[str]) -> list[list[str]]:
    """A list of features for each word of one sentence."""
    lows = [word.lower() for word in words]
    last = len(words) - 1
    out: list[list[str]] = []
    for index, word in enumerate(words):
        found = ["bias", *_own(word)]
        for offset in range(-WINDOW, WINDOW + 1):
            place = index + offset
            if offset and 0 <= place <= last:
                found += _near(words[place], offset)
        before, after = lows[index - 1] if index else "^", lows[index + 1] if index < last else "$"
        found += (f"-1w0w={before}_{lows[index]}", f"0w1w={lows[index]}_{after}", f"-1w1w={before}_{after}")
        if index == 0:
            found.append("first")
        if index == last:
            found.append("last")
        out.append(found)
    return out
