"""Entities with a fine-tuned language model: one tag per word, read from the window where the word is most central."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence

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
from medstation_notes import encoder
from medstation_notes.asking import asked_words
from medstation_notes.bases import taken_over
from medstation_notes.cases import Document, document, labelled
from medstation_notes.crf_layer import CrfLayer, allowed_moves
from medstation_notes.declared import ENTITY_METRICS
from medstation_notes.neural_settings import TOKENS_SETTINGS
from medstation_notes.predictions import draft_of
from medstation_notes.reporting import Find, with_report
from medstation_notes.scoring import columns
from medstation_notes.spans import Span
from medstation_notes.tokens import finer, finer_names, spans_of
from medstation_notes.windows import Pieces, Window, central, collate, drawn, padding_of

AT_ONCE = 8


def train(request: TrainRequest, bench: Workbench) -> Iterator[Event]:
    """The recipe's trainer."""
    return with_report(fit(TokensRecipe(), request, bench), request, bench, finder)


class TokensNetwork(nn.Module):
    """Encoder and a linear head: ids, mask (windows, pieces) to scores (windows, pieces, tags)."""

    def __init__(self, config: Json) -> None:
        super().__init__()
        self.encoder = encoder.build(config["transformer"])
        encoder.freeze(self.encoder, int(config.get("frozen", 0)))
        self.drop = nn.Dropout(0.1)
        self.head = nn.Linear(encoder.width_of(self.encoder), len(config["tags"]))

    def forward(self, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        read = self.encoder(input_ids=batch["ids"], attention_mask=batch["mask"]).last_hidden_state
        scores: torch.Tensor = self.head(self.drop(read))
        return scores.float()


@dataclass(frozen=True)
class Sample:
    document: Document
    windows: list[Window]
    tags: np.ndarray


class TokensRecipe(Recipe[Sample]):
    settings = TOKENS_SETTINGS
    metrics = ENTITY_METRICS
    decides = "classes"

    def survey(self, case: Case, bench: Workbench) -> Json:
        return {"types": sorted({span.type for span in labelled(case, bench).spans})}

    def plan(self, surveys: Sequence[Json], settings: Settings, base: Json | None) -> Json:
        types = sorted({kind for one in surveys for kind in one["types"]})
        if not types:
            raise BadInput("the training notes hold no entities", "Label some spans and make a new data set.")
        extra = {"frozen": int(settings["frozen"]), "most_windows": int(settings["windows"])}
        return {**taken_over(base, settings), **extra, "types": types, "tags": finer_names(types)}

    def build(self, config: Json) -> nn.Module:
        return TokensNetwork(config)

    def prepare(self, case: Case, config: Json, bench: Workbench) -> Sample:
        one = labelled(case, bench)
        numbers = {tag: place for place, tag in enumerate(config["tags"])}
        tags = [numbers.get(tag, 0) for first, last in one.sentences for tag in finer(one.tags[first:last])]
        return Sample(one, Pieces(config).windows(one.text, one.tokens), np.array(tags, np.int64))

    def size(self, sample: Sample) -> int:
        return sample.document.size + sum(window.size for window in sample.windows)

    def batch(self, samples: Sequence[Sample], config: Json, rng: np.random.Generator) -> Batch:
        chosen = [(sample, sample.windows[number]) for sample in samples
                  for number in drawn(sample.windows, config["most_windows"], rng)]  # fmt: skip
        batch = collate([window for _, window in chosen], padding_of(config))
        told = torch.full_like(batch["ids"], IGNORED)
        for row, (sample, window) in enumerate(chosen):
            told[row, window.heads] = torch.from_numpy(sample.tags[window.words])
        return {**batch, "tags": told}

    def loss(self, model: nn.Module, batch: Batch) -> torch.Tensor:
        return functional.cross_entropy(self.outputs(model, batch), self.truth(batch), ignore_index=IGNORED)

    def outputs(self, model: nn.Module, batch: Batch) -> torch.Tensor:
        scores: torch.Tensor = model(batch).flatten(0, 1)
        return scores

    def truth(self, batch: Batch) -> torch.Tensor:
        return batch["tags"].flatten()

    def asked(self, model: nn.Module, record: Record, files: FileSource, config: Json) -> Asked:
        return asked_words(record, files, config)

    def score(self, model: nn.Module, sample: Sample, config: Json) -> Metrics:
        return columns(found(model, sample.windows, sample.document, config), sample.document.spans)

    def facts(self, config: Json) -> Json:
        return {"types": config["types"], "window": config["window"], "encoder": config["transformer"]["model_type"]}


def finder(config: Json, weights: bytes) -> Find:
    network = ready(TokensNetwork(config), config, weights)
    pieces = Pieces(config)

    def find(one: Document) -> list[Span]:
        with torch.inference_mode():
            return found(network, pieces.windows(one.text, one.tokens), one, config)

    return find


def found(model: nn.Module, windows: Sequence[Window], one: Document, config: Json) -> list[Span]:
    """The entities of a note: the best tags that may follow each other; sure as the mean of their probabilities."""
    if not one.tokens:
        return []
    scores = _word_scores(model, windows, len(one.tokens), config)
    chain = CrfLayer(allowed_moves(config["tags"]))  # without learnt moves: it only forbids what cannot be
    sentences = [scores[first:last] for first, last in one.sentences]
    tags: list[int] = []
    for begin in range(0, len(sentences), 64):
        some = sentences[begin : begin + 64]
        lengths = torch.tensor([len(sentence) for sentence in some])
        for path in chain.best(pad_sequence(some, batch_first=True), lengths):
            tags += path
    sure = scores.exp()[range(len(tags)), tags].tolist()
    return spans_of([config["tags"][tag] for tag in tags], one.tokens, one.text, sure)


def _word_scores(model: nn.Module, windows: Sequence[Window], count: int, config: Json) -> torch.Tensor:
    """Log-probabilities (words, tags) on the CPU; a word without a piece is outside."""
    device = device_of(model)
    scores = torch.full((count, len(config["tags"])), -20.0)
    scores[:, 0] = 0.0
    wanted: dict[int, list[tuple[int, int]]] = {}
    for word, (number, head) in enumerate(central(windows, count)):
        wanted.setdefault(number, []).append((word, head))
    for begin in range(0, len(windows), AT_ONCE):
        batch = collate(windows[begin : begin + AT_ONCE], padding_of(config))
        read = model({name: array.to(device) for name, array in batch.items()}).log_softmax(2).cpu()
        for row in range(len(read)):
            for word, head in wanted.get(begin + row, ()):
                scores[word] = read[row, head]
    return scores


class TokensPredictor:
    """A fine-tuned language model, loaded once for many predictions."""

    def __init__(self, model: ModelInfo, weights: bytes) -> None:
        self._find = finder(model.config, weights)
        self._types = tuple(model.config["types"])

    def predict(self, record: Record, files: FileSource, report: ReportProgress) -> PredictionDraft:
        report(0.1, "Reading")
        one = document(record, files)
        report(0.3, "Looking for entities")
        return draft_of(self._find(one), one.text, self._types)
