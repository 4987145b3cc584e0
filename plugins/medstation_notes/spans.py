"""Labelled pieces of a note: what they are, and how they are written down. Offsets count Unicode code points."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from medstation.api import BadInput, Json, LabelDraft

LONGEST_TYPE = 60


@dataclass(frozen=True, order=True)
class Span:
    """Characters `start` to `end` (exclusive) are a `type`. `confidence` (0 to 1) is a prediction's."""

    start: int
    end: int
    type: str
    text: str = ""
    confidence: float | None = None
    code: str = ""

    @property
    def key(self) -> tuple[int, int, str]:
        """What two spans must share to be the same entity."""
        return self.start, self.end, self.type

    def to_json(self) -> Json:
        data: Json = {"start": self.start, "end": self.end, "type": self.type, "text": self.text}
        if self.confidence is not None:
            data["confidence"] = round(self.confidence, 4)
        if self.code:
            data["code"] = self.code
        return data


def encode_spans(spans: Iterable[Span]) -> bytes:
    """The payload of the label kind "spans": JSON `{"spans": [{"start", "end", "type", "text"}]}`, in order."""
    return json.dumps({"spans": [span.to_json() for span in sorted(spans, key=_order)]}, ensure_ascii=False).encode()


def decode_spans(payload: bytes) -> list[Span]:
    """The spans of a payload; `BadInput` when it is none."""
    try:
        return [span_from_json(one) for one in json.loads(payload)["spans"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadInput(f"the spans cannot be read: {error}", "Run `medstation vault check`.") from error


def span_from_json(one: Any) -> Span:
    """A span from an object (`start`, `end`, `type` or `label`) or a triple `[start, end, type]`."""
    if isinstance(one, list | tuple):
        start, end, kind = one[:3]
        return Span(int(start), int(end), str(kind))
    kind = one["type"] if "type" in one else one["label"]
    confidence = one.get("confidence")
    return Span(
        int(one["start"]),
        int(one["end"]),
        str(kind),
        str(one.get("text") or ""),
        None if confidence is None else float(confidence),
        str(one.get("code") or ""),
    )


def _order(span: Span) -> tuple[int, int, str]:
    return span.start, -span.end, span.type


def checked(spans: Iterable[Span], text: str) -> tuple[list[Span], list[str]]:
    """The spans that fit `text`, each with its own piece of it, and a sentence on every one that does not."""
    good: dict[tuple[int, int, str], Span] = {}
    wrong: list[str] = []
    for span in spans:
        piece = text[span.start : span.end] if 0 <= span.start < span.end <= len(text) else None
        if piece is None:
            wrong.append(f"{span.type} {span.start}-{span.end} lies outside the text of {len(text)} characters")
        elif span.text and span.text != piece and _plain(span.text) != _plain(piece):
            wrong.append(f"{span.type} {span.start}-{span.end} says {span.text[:40]!r}, the text says {piece[:40]!r}")
        elif not piece.strip() or not span.type or len(span.type) > LONGEST_TYPE:
            wrong.append(f"{span.type[:LONGEST_TYPE]!r} {span.start}-{span.end} names nothing")
        else:
            good[span.key] = Span(span.start, span.end, span.type, piece, span.confidence, span.code)
    return sorted(good.values(), key=_order), wrong


def _plain(text: str) -> str:
    return " ".join(text.split())


def counts(spans: Iterable[Span]) -> dict[str, int]:
    """How many of each type, the most frequent first."""
    return dict(Counter(span.type for span in spans).most_common())


def label_draft(spans: Sequence[Span]) -> LabelDraft:
    """The label of these spans, with the number of each type as its summary."""
    return LabelDraft("spans", encode_spans(spans), {"spans": len(spans), "types": counts(spans)})
