"""The neural tagger's recipe: trained from scratch by the common loop, sentence by sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from medstation.api import (
    BadInput,
    Case,
    Event,
    FileSource,
    Json,
    Metrics,
    ModelInfo,
    PredictionDraft,
    Record,
    ReportProgress,
    TrainRequest,
    Workbench,
)
from medstation.learning import Batch, Recipe, fit
from medstation.learning.asked import Asked
from medstation.learning.network import ready
from medstation.learning.recipe import IGNORED, Settings, device_of
from medstation_notes.asking import asked_sentences
from medstation_notes.cases import Document, document, labelled
from medstation_notes.crf_layer import CrfLayer
from medstation_notes.declared import ENTITY_METRICS
from medstation_notes.neural_settings import TAGGER_SETTINGS
from medstation_notes.predictions import draft_of
from medstation_notes.reporting import Find, with_report
from medstation_notes.scoring import columns
from medstation_notes.spans import Span
from medstation_notes.tagger_network import CODES, TaggerNetwork
from medstation_notes.tagger_words import UNKNOWN, Lexicon, Numbers, collate, vocabulary
from medstation_notes.tokens import finer, finer_names, spans_of

FORGET = 0.05
"""The share of words that are taken for unknown while learning, so that the unknown vector means something."""
AT_ONCE = 32


def train(request: TrainRequest, bench: Workbench) -> Iterator[Event]:
    """The recipe's trainer."""
    return with_report(fit(TaggerRecipe(), request, bench), request, bench, finder)


def finder(config: Json, weights: bytes) -> Find:
    network = ready(TaggerNetwork(config), config, weights)
    lexicon = Lexicon(config)

    def find(one: Document) -> list[Span]:
        with torch.inference_mode():
            return found(network, _numbers(one, lexicon), one, config["tags"])

    return find


@dataclass(frozen=True)
class Sample:
    document: Document
    sentences: list[Numbers]
    tags: list[np.ndarray]


class TaggerRecipe(Recipe[Sample]):
    settings = TAGGER_SETTINGS
    metrics = ENTITY_METRICS
    decides = "classes"

    def survey(self, case: Case, bench: Workbench) -> Json:
        one = labelled(case, bench)
        return {
            "words": Counter(token.text for token in one.tokens),
            "types": sorted({span.type for span in one.spans}),
        }

    def plan(self, surveys: Sequence[Json], settings: Settings, base: Json | None) -> Json:
        types = sorted({kind for one in surveys for kind in one["types"]})
        if not types:
            raise BadInput("the training notes hold no entities", "Label some spans and make a new data set.")
        counted: Counter[str] = Counter()
        for one in surveys:
            counted.update(one["words"])
        words = {name: base[name] for name in (*CODES, "letters")} if base else None
        sizes = {
            "word": int(settings["word_size"]),
            "letters": int(settings["letters"]),
            "hidden": int(settings["hidden"]),
            "dropout": float(settings["dropout"]),
        }
        return {
            "types": types,
            "tags": finer_names(types),
            "sizes": {**(base["sizes"] if base else sizes), "dropout": sizes["dropout"]},
            **(words or vocabulary(counted, int(settings["rare"]))),
        }

    def build(self, config: Json) -> nn.Module:
        return TaggerNetwork(config)

    def prepare(self, case: Case, config: Json, bench: Workbench) -> Sample:
        one = labelled(case, bench)
        numbers = {tag: place for place, tag in enumerate(config["tags"])}
        tags = [
            np.array([numbers.get(tag, 0) for tag in finer(one.tags[first:last])], np.int64)
            for first, last in one.sentences
        ]
        return Sample(one, _numbers(one, Lexicon(config)), tags)

    def size(self, sample: Sample) -> int:
        return sample.document.size + sum(one.size for one in sample.sentences)

    def batch(self, samples: Sequence[Sample], config: Json, rng: np.random.Generator) -> Batch:
        sentences = [one for sample in samples for one in sample.sentences]
        tags = [one for sample in samples for one in sample.tags]
        batch = collate(sentences)
        told = torch.zeros_like(batch["words"])
        for row, one in enumerate(tags):
            told[row, : len(one)] = torch.from_numpy(one)
        hidden = torch.from_numpy(rng.random(batch["words"].shape) < FORGET)
        words = batch["words"].masked_fill(hidden & (batch["words"] > 0), UNKNOWN)
        return {**batch, "words": words, "tags": told}

    def loss(self, model: nn.Module, batch: Batch) -> torch.Tensor:
        chain = _chain(model)
        return chain.loss(model(batch), batch["tags"], batch["lengths"]).sum() / batch["lengths"].sum()

    def outputs(self, model: nn.Module, batch: Batch) -> torch.Tensor:
        """Of each word alone, before the chain joins them."""
        scores: torch.Tensor = model(batch).flatten(0, 1)
        return scores

    def truth(self, batch: Batch) -> torch.Tensor:
        place = torch.arange(batch["tags"].shape[1], device=batch["tags"].device)
        return batch["tags"].masked_fill(place >= batch["lengths"][:, None], IGNORED).flatten()

    def asked(self, model: nn.Module, record: Record, files: FileSource, config: Json) -> Asked:
        return asked_sentences(record, files, config)

    def score(self, model: nn.Module, sample: Sample, config: Json) -> Metrics:
        return columns(found(model, sample.sentences, sample.document, config["tags"]), sample.document.spans)

    def facts(self, config: Json) -> Json:
        return {"types": config["types"], "words": len(config["words"])}


def _chain(model: nn.Module) -> CrfLayer:
    """The CRF of the network, also where Accelerate has wrapped it."""
    network = getattr(model, "module", model)
    assert isinstance(network, TaggerNetwork)
    return network.chain


def _numbers(one: Document, lexicon: Lexicon) -> list[Numbers]:
    return [lexicon.numbers([token.text for token in one.tokens[first:last]]) for first, last in one.sentences]


def found(model: nn.Module, sentences: Sequence[Numbers], one: Document, names: Sequence[str]) -> list[Span]:
    """The entities of a note; each is as sure as the mean of its words' marginal probabilities."""
    tags: list[str] = []
    sure: list[float] = []
    device, chain = device_of(model), _chain(model)
    for begin in range(0, len(sentences), AT_ONCE):
        batch = {name: array.to(device) for name, array in collate(sentences[begin : begin + AT_ONCE]).items()}
        emissions = model(batch)
        chances = chain.chances(emissions, batch["lengths"]).cpu().numpy()
        for row, path in enumerate(chain.best(emissions, batch["lengths"])):
            tags += [names[tag] for tag in path]
            sure += chances[row, range(len(path)), path].tolist()
    return spans_of(tags, one.tokens, one.text, sure)


class TaggerPredictor:
    """A tagger, loaded once for many predictions."""

    def __init__(self, model: ModelInfo, weights: bytes) -> None:
        self._find = finder(model.config, weights)
        self._types = tuple(model.config["types"])

    def predict(self, record: Record, files: FileSource, report: ReportProgress) -> PredictionDraft:
        report(0.1, "Reading")
        one = document(record, files)
        report(0.3, "Looking for entities")
        return draft_of(self._find(one), one.text, self._types)
