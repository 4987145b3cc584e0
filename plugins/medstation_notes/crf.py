"""The feature-CRF recipe: hand-made features, CRFsuite's L-BFGS, a model in minutes on any machine."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from medstation.api import (
    BadInput,
    Evaluation,
    Event,
    FileSource,
    Finished,
    Json,
    Metric,
    Metrics,
    ModelInfo,
    PredictionDraft,
    Progress,
    Record,
    ReportProgress,
    Started,
    TrainRequest,
    Workbench,
    resolve,
)
from medstation.learning.parts import Parts, split
from medstation_notes.cases import Document, document, labelled
from medstation_notes.crf_engine import Course, pack, unpack
from medstation_notes.crf_features import VERSION, features
from medstation_notes.crf_settings import CRF_SETTINGS
from medstation_notes.predictions import draft_of
from medstation_notes.reporting import report_of
from medstation_notes.scoring import Judged, columns
from medstation_notes.spans import Span
from medstation_notes.tokens import finer, spans_of

READING, LEARNING = 0.15, 0.85
"""Of the whole work: what is done when the notes are read, and when the model is learnt."""
QUICK = 20
"""Iterations of the model that is kept when the user ends the training: CRFsuite has none half-way."""


def train(request: TrainRequest, bench: Workbench) -> Iterator[Event]:
    """The recipe's trainer.

    CRFsuite learns whole runs only: a base serves for the comparison, a resumed run begins anew.
    """
    settings = resolve(CRF_SETTINGS, request.settings)
    parts = split(request.cases)
    documents = yield from _read(parts, bench)
    types = sorted({span.type for case in parts.train for span in documents[case.record.id].spans})
    if not types:
        raise BadInput("the training notes hold no entities", "Label some spans and make a new data set.")
    yield Started(int(settings["iterations"]), _facts(request, parts, documents, types))
    test = {case.record.id: documents[case.record.id] for case in parts.test}
    if test:
        yield Evaluation("before", _measured(_base(request, bench), test))
    model, done, ended = yield from _learnt(settings, parts, documents, bench)
    weights = pack(model)
    tagger = unpack(weights)
    facts: Json = {"notes": _notes(parts)}
    if test:
        judged = {record: Judged(found(tagger, one), one.spans) for record, one in test.items()}
        yield Evaluation("after", {record: columns(one.predicted, one.labelled) for record, one in judged.items()})
        facts["report"] = report_of(list(judged.values()))
    yield Finished(weights, {"features": VERSION, "types": types}, done, done, ended, facts)


def _read(parts: Parts, bench: Workbench) -> Generator[Event, None, dict[str, Document]]:
    cases = [*parts.train, *parts.validation, *parts.test]
    documents: dict[str, Document] = {}
    for index, case in enumerate(cases):
        yield Progress(READING * index / len(cases), f"Reading note {index + 1} of {len(cases)}")
        documents[case.record.id] = labelled(case, bench)
    return documents


def _learnt(
    settings: Mapping[str, Any], parts: Parts, documents: Mapping[str, Document], bench: Workbench
) -> Generator[Event, None, tuple[bytes, int, str]]:
    """(model, iterations, why it ended)."""
    course = Course(
        {
            "c1": float(settings["sparsity"]),
            "c2": float(settings["smoothing"]),
            "feature.minfreq": float(settings["rare"]),
            "feature.possible_transitions": True,
        }
    )
    words = 0
    for index, case in enumerate(parts.train):
        yield Progress(READING + 0.1 * index / len(parts.train), f"Features of note {index + 1} of {len(parts.train)}")
        one = documents[case.record.id]
        words += len(one.tokens)
        for first, last in one.sentences:
            course.add(_features(one, first, last), finer(one.tags[first:last]))
    made: list[bytes] = []
    limit, done, ended = int(settings["iterations"]), 0, "completed"
    for step in course.iterations(limit, made):
        done = step.number
        yield Progress(READING + 0.1 + (LEARNING - READING - 0.1) * done / limit, f"Iteration {done} of {limit}")
        yield Metric(done, {"loss/train": step.loss / max(words, 1)})
        if bench.stop_requested() and not made:
            course.end()
            ended = "user"
    if not made:
        done = min(done, QUICK)
        for step in course.iterations(max(done, 1), made):
            yield Progress(LEARNING, f"Ending with {step.number} of {done} iterations")
    return made[0], done, ended


def _base(request: TrainRequest, bench: Workbench) -> Any | None:
    return unpack(bench.weights(request.base.id)) if request.base else None


def _measured(tagger: Any | None, documents: Mapping[str, Document]) -> dict[str, Metrics]:
    """Without a model nothing is found: the starting point of a model from scratch."""
    return {record: columns(found(tagger, one) if tagger else [], one.spans) for record, one in documents.items()}


def _features(one: Document, first: int, last: int) -> list[list[str]]:
    return features([token.text for token in one.tokens[first:last]])


def found(tagger: Any, one: Document) -> list[Span]:
    """The entities of a note; each is as sure as the mean of its words' marginal probabilities."""
    tags: list[str] = []
    chances: list[float] = []
    for first, last in one.sentences:
        tagger.set(_features(one, first, last))
        here = tagger.tag()
        tags += here
        chances += [tagger.marginal(tag, place) if tag != "O" else 1.0 for place, tag in enumerate(here)]
    return spans_of(tags, one.tokens, one.text, chances)


def _facts(request: TrainRequest, parts: Parts, documents: Mapping[str, Document], types: Sequence[str]) -> Json:
    return {
        "device": "processor",
        "cases": parts.counts,
        "types": list(types),
        "words": sum(len(documents[case.record.id].tokens) for case in parts.train),
        "base": f"{request.base.name} {request.base.version}" if request.base else "",
        "seed": request.seed,
        "notes": _notes(parts),
    }


def _notes(parts: Parts) -> list[str]:
    notes = [note for note in parts.notes if "validation" not in note]
    return [*notes, "This model keeps words of the training notes as features: hand it on only like the notes."]


@dataclass(frozen=True)
class _Loaded:
    tagger: Any
    types: tuple[str, ...]


class CrfPredictor:
    """A feature CRF, loaded once for many predictions."""

    def __init__(self, model: ModelInfo, weights: bytes) -> None:
        if model.config.get("features") != VERSION:
            raise BadInput(f"{model.name} was made with other features", "Fine-tune it again.")
        self._loaded = _Loaded(unpack(weights), tuple(model.config["types"]))

    def predict(self, record: Record, files: FileSource, report: ReportProgress) -> PredictionDraft:
        report(0.1, "Reading")
        one = document(record, files)
        report(0.3, "Looking for entities")
        return draft_of(found(self._loaded.tagger, one), one.text, self._loaded.types)
