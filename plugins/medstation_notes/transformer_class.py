"""A note's class with a fine-tuned language model; a long note's class is the mean over all its windows."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from medstation.api import (
    BadInput,
    Case,
    Event,
    FileSource,
    Finding,
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
from medstation.learning.losses import class_loss, class_weights
from medstation.learning.network import ready
from medstation.learning.recipe import Settings, device_of
from medstation_notes import encoder, note
from medstation_notes.asking import asked_note
from medstation_notes.bases import taken_over
from medstation_notes.classes import decode_class, encode_class
from medstation_notes.declared import CLASS_METRICS
from medstation_notes.neural_settings import CLASS_SETTINGS
from medstation_notes.windows import Pieces, Window, collate, drawn, padding_of

LOWEST = 1e-7
"""The smallest probability that the log loss counts with."""
AT_ONCE = 8


def train(request: TrainRequest, bench: Workbench) -> Iterator[Event]:
    """The recipe's trainer."""
    return fit(ClassRecipe(), request, bench)


def score(record: Record, files: FileSource, prediction: bytes, label: bytes) -> Metrics:
    """Accuracy (1 or 0) and log loss of a predicted class against a label's."""
    predicted, chances = decode_class(prediction)
    truth, _ = decode_class(label)
    return {"accuracy": float(predicted == truth), "log_loss": -math.log(max(chances.get(truth, 0.0), LOWEST))}


class ClassNetwork(nn.Module):
    """Encoder, mean over pieces, linear head: ids, mask (windows, pieces) to scores (windows, classes)."""

    def __init__(self, config: Json) -> None:
        super().__init__()
        self.encoder = encoder.build(config["transformer"])
        encoder.freeze(self.encoder, int(config.get("frozen", 0)))
        width = encoder.width_of(self.encoder)
        self.mixed = nn.Linear(width, width)
        self.drop = nn.Dropout(0.1)
        self.head = nn.Linear(width, len(config["classes"]))

    def forward(self, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        read = self.encoder(input_ids=batch["ids"], attention_mask=batch["mask"]).last_hidden_state
        mask = batch["mask"][..., None].to(read.dtype)
        mean = (read * mask).sum(1) / mask.sum(1).clamp(min=1)
        scores: torch.Tensor = self.head(self.drop(torch.tanh(self.mixed(mean))))
        return scores.float()


@dataclass(frozen=True)
class Sample:
    windows: list[Window]
    target: int


class ClassRecipe(Recipe[Sample]):
    settings = CLASS_SETTINGS
    metrics = CLASS_METRICS
    decides = "classes"

    def survey(self, case: Case, bench: Workbench) -> Json:
        return {"class": decode_class(bench.label(case.label))[0]}

    def plan(self, surveys: Sequence[Json], settings: Settings, base: Json | None) -> Json:
        counts = Counter(one["class"] for one in surveys)
        known = list((base or {}).get("classes", ()))
        classes = known + sorted(set(counts) - set(known))
        if len(classes) < 2:
            raise BadInput(
                f"all training notes are {classes[0]!r}: there is nothing to tell apart",
                "Label notes of at least two classes and make a new data set.",
            )
        extra = {"frozen": int(settings["frozen"]), "most_windows": int(settings["windows"])}
        weights = class_weights(counts, classes) if settings["class_weights"] else [1.0] * len(classes)
        return {**taken_over(base, settings), **extra, "classes": classes, "class_weights": weights}

    def build(self, config: Json) -> nn.Module:
        return ClassNetwork(config)

    def prepare(self, case: Case, config: Json, bench: Workbench) -> Sample:
        name = decode_class(bench.label(case.label))[0]
        if name not in config["classes"]:
            raise BadInput(
                f"{case.record.title!r} ({case.record.id}) is labelled {name!r}, which no training note is",
                "Label more notes of this class, or leave the record out of the data set.",
            )
        text = note.read(case.record, bench.files(case.record)).text
        return Sample(Pieces(config).windows(text), config["classes"].index(name))

    def size(self, sample: Sample) -> int:
        return sum(window.size for window in sample.windows)

    def batch(self, samples: Sequence[Sample], config: Json, rng: np.random.Generator) -> Batch:
        chosen = [drawn(sample.windows, config["most_windows"], rng) for sample in samples]
        windows = [sample.windows[number] for sample, some in zip(samples, chosen, strict=True) for number in some]
        owner = [row for row, some in enumerate(chosen) for _ in some]
        targets = [sample.target for sample in samples]
        weights = torch.tensor([config["class_weights"][target] for target in targets])
        told = {"owner": torch.tensor(owner), "target": torch.tensor(targets), "weight": weights}
        return {**collate(windows, padding_of(config)), **told}

    def loss(self, model: nn.Module, batch: Batch) -> torch.Tensor:
        return class_loss(self.outputs(model, batch), batch["target"], batch["weight"])

    def outputs(self, model: nn.Module, batch: Batch) -> torch.Tensor:
        """The mean over each note's windows."""
        scores, owner = model(batch), batch["owner"]
        count = len(batch["target"])
        total = torch.zeros(count, scores.shape[1], device=scores.device).index_add(0, owner, scores)
        return total / torch.bincount(owner, minlength=count)[:, None]

    def truth(self, batch: Batch) -> torch.Tensor:
        return batch["target"]

    def asked(self, model: nn.Module, record: Record, files: FileSource, config: Json) -> Asked:
        return asked_note(record, files, config)

    def score(self, model: nn.Module, sample: Sample, config: Json) -> Metrics:
        chances = _chances(model, sample.windows, config)
        surprise = -math.log(max(float(chances[sample.target]), LOWEST))
        right = float(int(chances.argmax()) == sample.target)
        return {"loss": surprise, "accuracy": right, "log_loss": surprise}

    def facts(self, config: Json) -> Json:
        return {
            "classes": config["classes"],
            "window": config["window"],
            "encoder": config["transformer"]["model_type"],
        }


def _chances(model: nn.Module, windows: Sequence[Window], config: Json) -> torch.Tensor:
    """Probabilities (classes,) from the mean of all windows' scores."""
    device = device_of(model)
    scores = []
    for begin in range(0, len(windows), AT_ONCE):
        batch = collate(windows[begin : begin + AT_ONCE], padding_of(config))
        scores.append(model({name: array.to(device) for name, array in batch.items()}).cpu())
    return torch.cat(scores).mean(0).softmax(0)


class ClassPredictor:
    """A fine-tuned language model, loaded once for many predictions."""

    def __init__(self, model: ModelInfo, weights: bytes) -> None:
        self._config = model.config
        self._network = ready(ClassNetwork(self._config), self._config, weights)
        self._pieces = Pieces(self._config)

    def predict(self, record: Record, files: FileSource, report: ReportProgress) -> PredictionDraft:
        """The class and the probabilities of all classes."""
        report(0.1, "Reading")
        windows = self._pieces.windows(note.read(record, files).text)
        report(0.3, "Computing")
        with torch.inference_mode():
            chances = _chances(self._network, windows, self._config)
        named = {name: float(one) for name, one in zip(self._config["classes"], chances, strict=True)}
        ranked = sorted(named.items(), key=lambda one: -one[1])
        best, sure = ranked[0]
        findings = tuple(
            Finding(name, value=f"{100 * one:.0f} %", confidence=one, colour=self._config["classes"].index(name) + 1)
            for name, one in ranked
        )
        summary = {"class": best, "probabilities": named, "windows": len(windows)}
        return PredictionDraft("class", encode_class(best, named), findings, sure, summary)
