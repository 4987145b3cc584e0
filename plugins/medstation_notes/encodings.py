"""Which encoding a text file is in, found by looking at its bytes, and said.

UTF-8 (with or without mark), UTF-16 with mark, GB18030, Windows-1252/Latin-1, and files whose lines were written in
different ones: then each line is read on its own.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from medstation.api import BadInput

_HIGH = re.compile(rb"[\x80-\xff]")
_PAIRS = re.compile(rb"(?:[\xa1-\xfe][\xa1-\xfe])+")
_PAIRED = 0.8
"""Chinese text in GB encodings has nearly all its high bytes in pairs; Latin-1 accents stand alone."""
MIXED = "mixed:"
TITLES = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8 with mark",
    "gb18030": "GB18030",
    "latin-1": "Latin-1",
    "utf-16": "UTF-16",
}


@dataclass(frozen=True)
class Encoding:
    """`name` is what `decode` takes; `note` is a caution for the record, "" where there is no doubt."""

    name: str
    note: str = ""

    @property
    def title(self) -> str:
        return TITLES.get(self.name, self.name)


def find(data: bytes) -> Encoding:
    """The encoding of a whole file. `BadInput` when the bytes are no text."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Encoding("utf-16")
    if b"\0" in data:
        raise BadInput("it is no text: it holds zero bytes", "Export it as plain text.")
    if data.startswith(codecs.BOM_UTF8) and _is_utf8(data):
        return Encoding("utf-8-sig")
    if _is_utf8(data):
        return Encoding("utf-8")
    return _other(data)


def _other(data: bytes) -> Encoding:
    lines = [line for line in data.splitlines() if _HIGH.search(line)]
    good = [line for line in lines if _is_utf8(line)]
    rest = b"\n".join(line for line in lines if not _is_utf8(line))
    fallback = "gb18030" if _looks_chinese(rest) else "latin-1"
    long = [line for line in good if len(_HIGH.findall(line)) > 4 or fallback == "latin-1"]
    if long:
        first = next(number for number, line in enumerate(data.splitlines(), 1) if not _is_utf8(line))
        note = (
            f"The file mixes encodings: line {first} and maybe more are not UTF-8 and were read as {TITLES[fallback]}."
        )
        return Encoding(MIXED + fallback, note + " Check letters with accents.")
    note = f"The file is not UTF-8; it was read as {TITLES[fallback]}."
    return Encoding(fallback, note if fallback == "gb18030" else note + " Check letters with accents.")


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _looks_chinese(data: bytes) -> bool:
    high = len(_HIGH.findall(data))
    paired = sum(len(run) for run in _PAIRS.findall(data))
    if not high or paired < _PAIRED * high:
        return False
    try:
        data.decode("gb18030")
    except UnicodeDecodeError:
        return False
    return True


def decode(data: bytes, name: str) -> str:
    """Text of bytes in the encoding `name` (see `Encoding`); line ends become "\\n"."""
    if name.startswith(MIXED):
        lines = [_line(line, name.removeprefix(MIXED)) for line in data.splitlines(keepends=True)]
        return unified("".join(lines))
    if name == "latin-1":
        return unified(_western(data))
    try:
        return unified(data.decode(name))
    except UnicodeDecodeError as error:
        raise BadInput(f"the text is not {TITLES.get(name, name)}: {error.reason}", "Import the file again.") from error


def _line(line: bytes, fallback: str) -> str:
    if _is_utf8(line):
        return line.decode("utf-8-sig")
    return _western(line) if fallback == "latin-1" else line.decode(fallback, errors="replace")


def _western(data: bytes) -> str:
    """Windows-1252, where its five undefined bytes are taken as Latin-1 has them."""
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def unified(text: str) -> str:
    """All line ends as "\\n": offsets are counted in this text."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
