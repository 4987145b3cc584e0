"""Events of a recording: beats and intervals, as labels and predictions hold them."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from medstation.api import BadInput, Json, LabelDraft

CLASSES = ("N", "S", "V", "F", "Q")
"""Classes of beats (ANSI/AAMI EC57): normal, supraventricular, ventricular, fusion, unknown or paced."""
CLASS_TITLES = {"N": "Normal", "S": "Supraventricular", "V": "Ventricular", "F": "Fusion", "Q": "Paced or unknown"}

_OF_SYMBOL = {
    **dict.fromkeys("NLRejnB", "N"),
    **dict.fromkeys("AaJS", "S"),
    **dict.fromkeys("VEr", "V"),
    "F": "F",
    **dict.fromkeys("/fQ?", "Q"),
}
DIGITS = 4
"""Decimals of a second that are kept: 0.1 ms."""


@dataclass(frozen=True, order=True)
class SignalEvent:
    """Something at `start` seconds from the recording's start; `end` is None for a moment (a beat)."""

    start: float
    end: float | None
    type: str
    confidence: float | None = None

    def json(self) -> Json:
        made: Json = {"start_s": self.start, "end_s": self.end, "type": self.type}
        return made if self.confidence is None else {**made, "confidence": self.confidence}


def event(start: float, end: float | None, type: str, confidence: float | None = None) -> SignalEvent:
    """An event with its times rounded to 0.1 ms."""
    until = None if end is None else round(float(end), DIGITS)
    return SignalEvent(round(float(start), DIGITS), until, type, confidence)


def beat_class(symbol: str) -> str:
    """The class of a beat's symbol: one of `CLASSES`, "" for what is no beat."""
    return _OF_SYMBOL.get(symbol, "")


def encode(events: Iterable[SignalEvent]) -> bytes:
    """The payload of the label kind "events"."""
    return json.dumps({"events": [one.json() for one in events]}, separators=(",", ":")).encode()


def decode(payload: bytes) -> list[SignalEvent]:
    """The events of a payload in order of time; `BadInput` names what is wrong."""
    try:
        items = json.loads(payload)["events"]
        if not isinstance(items, list):
            raise TypeError("events is no list")
        return sorted((_event(item) for item in items), key=lambda one: one.start)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadInput(
            f"these are no events: {error}", 'Give JSON {"events": [{"start_s", "end_s", "type"}]}.'
        ) from error


def _event(item: Any) -> SignalEvent:
    start = float(item["start_s"])
    end = None if item.get("end_s") is None else float(item["end_s"])
    sure = item.get("confidence")
    if not math.isfinite(start) or (end is not None and not end >= start):
        raise ValueError(f"an event from {item['start_s']} to {item.get('end_s')} s")
    return event(start, end, str(item["type"]), None if sure is None else float(sure))


def draft(events: Sequence[SignalEvent]) -> LabelDraft:
    """A label of these events; its summary counts them by type."""
    return LabelDraft("events", encode(events), summary_of(events))


def summary_of(events: Sequence[SignalEvent]) -> Json:
    counts = Counter(one.type for one in events)
    return {"events": len(events), "types": dict(counts.most_common())}
