"""How well entities were found. An entity counts only with its exact place and type (strict, as seqeval's IOB2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from medstation.api import FileSource, Json, Metrics, Record
from medstation_notes.spans import Span, decode_spans


def score(record: Record, files: FileSource, prediction: bytes, label: bytes) -> Metrics:
    """The columns of one note, from a prediction's payload and a label's."""
    return columns(decode_spans(prediction), decode_spans(label) if label else [])


def columns(predicted: Iterable[Span], labelled: Iterable[Span]) -> Metrics:
    """hits, predicted, labelled: numbers of entities; twice_hits and both make F1 as a ratio of sums."""
    guess, truth = {span.key for span in predicted}, {span.key for span in labelled}
    hits = len(guess & truth)
    return {
        "hits": float(hits),
        "predicted": float(len(guess)),
        "labelled": float(len(truth)),
        "twice_hits": float(2 * hits),
        "both": float(len(guess) + len(truth)),
    }


@dataclass(frozen=True)
class Judged:
    """One note: what was predicted and what is labelled, without repeats."""

    predicted: Sequence[Span]
    labelled: Sequence[Span]


def entity_table(notes: Iterable[Judged]) -> list[Json]:
    """Strict precision, recall and F1 per type, then over all ("micro"), then the mean of the types ("macro")."""
    totals: dict[str, list[int]] = {}
    for one in notes:
        guess, truth = {span.key for span in one.predicted}, {span.key for span in one.labelled}
        for keys, column in ((guess & truth, 0), (guess - truth, 1), (truth - guess, 2)):
            for _, _, kind in keys:
                totals.setdefault(kind, [0, 0, 0])[column] += 1
    rows = [_row(kind, *totals[kind]) for kind in sorted(totals)]
    summed = [sum(values) for values in zip(*totals.values(), strict=True)] if totals else [0, 0, 0]
    macro = {
        name: round(sum(row[name] for row in rows) / max(len(rows), 1), 4) for name in ("precision", "recall", "f1")
    }
    return [*rows, _row("micro", *summed), {"type": "macro", **macro, "labelled": sum(row["labelled"] for row in rows)}]


def _row(kind: str, hits: int, extra: int, missed: int) -> Json:
    return {
        "type": kind,
        "precision": round(hits / max(hits + extra, 1), 4),
        "recall": round(hits / max(hits + missed, 1), 4),
        "f1": round(2 * hits / max(2 * hits + extra + missed, 1), 4),
        "labelled": hits + missed,
        "predicted": hits + extra,
        "hits": hits,
    }


def scheme_table(notes: Sequence[Judged]) -> Json:
    """nervaluate's four ways of counting: strict, exact (place only), partial (half for an overlap), ent_type.

    {"strict": {"precision", "recall", "f1"}, ...}; {} when there are no entities at all.
    """
    from nervaluate import Evaluator

    kinds = sorted({span.type for one in notes for span in (*one.predicted, *one.labelled)})
    if not kinds:
        return {}
    truth = [[_entity(span) for span in one.labelled] for one in notes]
    guess = [[_entity(span) for span in one.predicted] for one in notes]
    overall: Mapping[str, object] = Evaluator(truth, guess, tags=kinds, loader="dict").evaluate()["overall"]
    return {name: _numbers(result) for name, result in overall.items()}


def _entity(span: Span) -> Json:
    return {"label": span.type, "start": span.start, "end": span.end - 1}


def _numbers(result: object) -> Json:
    return {name: round(float(getattr(result, name)), 4) for name in ("precision", "recall", "f1")}
