"""A prediction of entities as the library keeps it: payload, findings by type, confidence and counts."""

from __future__ import annotations

from collections.abc import Sequence

from medstation.api import Finding, PredictionDraft
from medstation_notes.spans import Span, counts, encode_spans

MOST_FINDINGS = 200
AROUND = 40


def draft_of(spans: Sequence[Span], text: str, types: Sequence[str]) -> PredictionDraft:
    """`types` are all the model knows, in order: their places give the findings' colours."""
    confidence = sum(span.confidence or 0.0 for span in spans) / len(spans) if spans else None
    summary = {"spans": len(spans), "types": counts(spans)}
    return PredictionDraft("spans", encode_spans(spans), findings_of(spans, text, types), confidence, summary)


def findings_of(spans: Sequence[Span], text: str, types: Sequence[str]) -> tuple[Finding, ...]:
    """One finding per different entity, by type and then by how often it is named; it leads to the first place."""
    groups: dict[tuple[str, str], list[Span]] = {}
    for span in spans:
        groups.setdefault((span.type, " ".join(span.text.lower().split())), []).append(span)
    order = {kind: place for place, kind in enumerate(types)}
    ranked = sorted(groups.values(), key=lambda one: (order.get(one[0].type, 99), -len(one), one[0].start))
    return tuple(_finding(group, text, order) for group in ranked[:MOST_FINDINGS])


def _finding(group: Sequence[Span], text: str, order: dict[str, int]) -> Finding:
    first = group[0]
    sure = [span.confidence for span in group if span.confidence is not None]
    times = f", {len(group)} times" if len(group) > 1 else ""
    return Finding(
        title=" ".join(first.text.split()),
        detail=_around(first, text),
        value=first.type + times,
        confidence=sum(sure) / len(sure) if sure else None,
        colour=order.get(first.type, 0) + 1,
        place={"start": first.start, "end": first.end},
    )


def _around(span: Span, text: str) -> str:
    """The entity with some words to either side."""
    piece = text[max(0, span.start - AROUND) : span.end + AROUND]
    return "… " + " ".join(piece.split()) + " …"
