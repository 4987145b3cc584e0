"""WFDB annotation files (MIT format): beats, rhythms and notes, each at a sample number."""

from __future__ import annotations

import re
from dataclasses import dataclass

from medstation.api import BadInput

SYMBOLS = {
    1: "N", 2: "L", 3: "R", 4: "a", 5: "V", 6: "F", 7: "J", 8: "A", 9: "S", 10: "E", 11: "j", 12: "/", 13: "Q",
    14: "~", 16: "|", 18: "s", 19: "T", 20: "*", 21: "D", 22: '"', 23: "=", 24: "p", 25: "B", 26: "^", 27: "t",
    28: "+", 29: "u", 30: "?", 31: "!", 32: "[", 33: "]", 34: "e", 35: "n", 36: "@", 37: "x", 38: "f", 39: "(",
    40: ")", 41: "r",
}  # fmt: skip
CODES = {symbol: code for code, symbol in SYMBOLS.items()}
BEATS = frozenset("NLRaVFJASEj/QBenfr?")
"""Symbols that stand for a beat."""

_SKIP, _NUM, _SUB, _CHN, _AUX = 59, 60, 61, 62, 63
_RESOLUTION = re.compile(r"## time resolution: ([\d.]+)")


@dataclass(frozen=True)
class Annotations:
    """`samples[i]` is where, `symbols[i]` what, `texts[i]` the words with it. `rate` is 0 where it is the record's."""

    samples: list[int]
    symbols: list[str]
    texts: list[str]
    rate: float = 0.0


def parse_annotations(data: bytes, name: str) -> Annotations:
    """The annotations in a file's bytes; `BadInput` when they are not in this format."""
    words = memoryview(data)
    samples: list[int] = []
    symbols: list[str] = []
    texts: list[str] = []
    at, now, ended = 0, 0, False
    while at + 2 <= len(words):
        word = words[at] | words[at + 1] << 8
        code, value = word >> 10, word & 0x3FF
        at += 2
        if word == 0:
            ended = True
            break
        if code == _SKIP:
            if at + 4 > len(words):
                break
            high, low = words[at] | words[at + 1] << 8, words[at + 2] | words[at + 3] << 8
            jump = high << 16 | low
            now += jump - (1 << 32) if jump & 0x80000000 else jump
            at += 4
        elif code == _AUX:
            text = bytes(words[at : at + value]).split(b"\0")[0].decode("utf-8", "replace")
            if texts:
                texts[-1] = text
            at += value + value % 2
        elif code not in (_NUM, _SUB, _CHN):
            now += value
            if code not in SYMBOLS and code > 49:
                break
            samples.append(now)
            symbols.append(SYMBOLS.get(code, "?"))
            texts.append("")
    if not ended:
        raise BadInput(f"{name} is no whole WFDB annotation file", "Copy it again; it may be cut off.")
    return _without_definitions(samples, symbols, texts)


def _without_definitions(samples: list[int], symbols: list[str], texts: list[str]) -> Annotations:
    """Notes at the beginning that define things of the file are no annotations."""
    rate = 0.0
    keep = []
    for index, text in enumerate(texts):
        if symbols[index] == '"' and samples[index] == 0 and text.startswith("##"):
            match = _RESOLUTION.match(text)
            rate = float(match.group(1)) if match else rate
        elif not (symbols[index] == '"' and samples[index] == 0 and not text):
            keep.append(index)
    return Annotations([samples[i] for i in keep], [symbols[i] for i in keep], [texts[i] for i in keep], rate)
