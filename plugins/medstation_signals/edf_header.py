"""Headers of EDF, EDF+ and BDF files, and the notes (TALs) inside their data records."""

from __future__ import annotations

import re
from datetime import datetime

from medstation.api import BadInput, Json

FIXED = 256
ANNOTATION_LABELS = ("EDF Annotations", "BDF Annotations")
_FIELDS = (
    ("label", 16), ("transducer", 80), ("unit", 8), ("low", 8), ("high", 8), ("digital_low", 8),
    ("digital_high", 8), ("filter", 80), ("per_record", 8), ("reserved", 32),
)  # fmt: skip
_ONSET = re.compile(rb"([+-]\d+(?:\.\d*)?)(?:\x15(\d+(?:\.\d*)?))?")


def is_edf(head: bytes) -> bool:
    """Told from the first bytes: version 0 of EDF, or BDF's mark."""
    return head[:8] == b"0       " or head[:8] == b"\xffBIOSEMI"


def parse_edf(head: bytes, name: str, size: int) -> Json:
    """The header as JSON; `head` holds at least the whole header. `BadInput` says what is wrong."""
    try:
        return _parse(head, name, size)
    except (ValueError, IndexError) as error:
        raise BadInput(f"{name} has a damaged EDF header: {error}", "Export it again.") from error


def header_size(head: bytes) -> int:
    """Bytes of the whole header, from its first 256."""
    try:
        return FIXED * (1 + int(head[252:256]))
    except ValueError as error:
        raise BadInput("the number of signals in the EDF header is no number", "Export it again.") from error


def _parse(head: bytes, name: str, size: int) -> Json:
    bits = 24 if head[:1] == b"\xff" else 16
    text = head[:FIXED].decode("latin-1")
    count = int(text[252:256])
    signals = _signals(head, count)
    width = sum(one["per_record"] for one in signals) * bits // 8
    said = int(text[236:244])
    held = (size - FIXED * (1 + count)) // width if width else 0
    reserved = text[192:236].strip()
    return {
        "name": name,
        "bits": bits,
        "patient": text[8:88].strip(),
        "recording": text[88:168].strip(),
        "start": _start(text[168:176], text[176:184]),
        "plus": reserved[:5],
        "header_bytes": FIXED * (1 + count),
        "said_records": said,
        "records": max(0, held if said < 0 else min(said, held)),
        "held_records": held,
        "seconds": float(text[244:252]),
        "record_bytes": width,
        "signals": signals,
    }


def _signals(head: bytes, count: int) -> list[Json]:
    at, columns = FIXED, {}
    for field, width in _FIELDS:
        block = head[at : at + width * count]
        columns[field] = [block[i * width : (i + 1) * width].decode("latin-1").strip() for i in range(count)]
        at += width * count
    made = []
    for i in range(count):
        low, high = float(columns["low"][i] or 0), float(columns["high"][i] or 0)
        first, last = int(columns["digital_low"][i] or 0), int(columns["digital_high"][i] or 0)
        scale = (high - low) / (last - first) if last != first else 1.0
        made.append(
            {
                "label": columns["label"][i],
                "unit": columns["unit"][i],
                "per_record": int(columns["per_record"][i]),
                "scale": scale,
                "offset": low - first * scale,
                "notes": columns["label"][i] in ANNOTATION_LABELS,
            }
        )
    return made


def _start(date: str, time: str) -> str:
    """ISO 8601; the two digits of the year stand for 1985 to 2084, as EDF says."""
    try:
        day, month, year = (int(part) for part in date.split("."))
        hour, minute, second = (int(part) for part in time.split("."))
        moment = datetime(year + (1900 if year >= 85 else 2000), month, day, hour, minute, second)
    except ValueError:
        return ""
    return moment.isoformat()


def parse_notes(data: bytes) -> tuple[float | None, list[tuple[float, float, str]]]:
    """(onset of the data record, [(onset, duration, text)]) of one data record's annotation bytes, in seconds."""
    begin: float | None = None
    found: list[tuple[float, float, str]] = []
    for number, block in enumerate(part for part in data.split(b"\0") if part):
        stamp, *texts = block.split(b"\x14")
        match = _ONSET.fullmatch(stamp)
        if match is None:
            continue
        onset, duration = float(match.group(1)), float(match.group(2) or 0)
        if number == 0 and texts and not texts[0]:
            begin = onset
        found += [(onset, duration, text.decode("utf-8", "replace")) for text in texts if text]
    return begin, found
