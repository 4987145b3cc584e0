"""The recipe "record-class": a small network on numbers that describe an ECG's rhythm."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

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
from medstation.learning import Batch, fit
from medstation.learning import Recipe as LearningRecipe
from medstation.learning.asked import Asked
from medstation.learning.losses import class_loss, class_weights
from medstation.learning.network import ready
from medstation.learning.recipe import Settings, device_of
from medstation_signals import classes
from medstation_signals.asking import asked_features
from medstation_signals.class_settings import RECORD_METRICS, RECORD_SETTINGS
from medstation_signals.qrs import ecg_channel
from medstation_signals.reading import load
from medstation_signals.rhythm import NAMES, Rhythm, describe

FIBRILLATION = ("A", "AF", "AFIB", "atrial fibrillation")
LOWEST = 1e-7


@dataclass(frozen=True)
class Sample:
    """`features` (numbers,) float32, scaled; `target` is the class."""

    features: torch.Tensor
    target: int


def train(request: TrainRequest, bench: Workbench) -> Iterator[Event]:
    """Fine-tune or train from scratch; cases of classes that were not chosen are left out."""
    chosen = [name.strip() for name in str(request.settings.get("classes", "")).split(",") if name.strip()]
    cases = [case for case in request.cases if not chosen or classes.decode(bench.label(case.label))[0] in chosen]
    if not cases:
        raise BadInput(f"no case is labelled {' or '.join(chosen)}", "Name classes that the data set has.")
    return fit(RecordClass(), replace(request, cases=cases), bench)


def rhythm_of(record: Record, files: FileSource) -> Rhythm:
    """The rhythm of the record's longest unbroken stretch."""
    recording = load(record, files)
    channel = ecg_channel(recording)
    if channel is None or not channel.runs:
        raise BadInput(f"{record.title!r} has no ECG", "Leave it out of the data set.")
    run = max(channel.runs, key=lambda one: one.count)
    return describe(channel.physical(run.first, run.count), channel.rate)


def network(config: Json) -> nn.Module:
    width = int(config["width"])
    return nn.Sequential(
        nn.Linear(len(NAMES), width), nn.GELU(), nn.Dropout(0.2), nn.Linear(width, len(config["classes"]))
    )


class RecordClass(LearningRecipe[Sample]):
    """What the loop asks for (see `medstation.learning.Recipe`)."""

    settings = RECORD_SETTINGS
    metrics = RECORD_METRICS
    inputs = "features"
    decides = "classes"

    def survey(self, case: Case, bench: Workbench) -> Json:
        features = rhythm_of(case.record, bench.files(case.record)).features
        return {"class": classes.decode(bench.label(case.label))[0], "features": [float(one) for one in features]}

    def plan(self, surveys: Sequence[Json], settings: Settings, base: Json | None) -> Json:
        counts = Counter(one["class"] for one in surveys)
        known = list(base["classes"]) if base else []
        names = known + sorted(set(counts) - set(known))
        if len(names) < 2:
            raise BadInput(f"all training cases are {names[0]!r}", "Label recordings of at least two classes.")
        table = np.array([one["features"] for one in surveys])
        scale = base or {"mean": table.mean(axis=0).tolist(), "deviation": (table.std(axis=0) + 1e-3).tolist()}
        return {
            "classes": names, "positive": _positive(str(settings["positive"]), names, counts),
            "weights": class_weights(counts, names),
            "mean": scale["mean"], "deviation": scale["deviation"],
            "width": base["width"] if base else int(settings["width"]),
        }  # fmt: skip

    def build(self, config: Json) -> nn.Module:
        return network(config)

    def prepare(self, case: Case, config: Json, bench: Workbench) -> Sample:
        name = classes.decode(bench.label(case.label))[0]
        if name not in config["classes"]:
            raise BadInput(f"{case.record.title!r} is labelled {name!r}, which no training case is", "Leave it out.")
        rhythm = rhythm_of(case.record, bench.files(case.record))
        return Sample(scaled(rhythm, config), config["classes"].index(name))

    def size(self, sample: Sample) -> int:
        return sample.features.nbytes

    def batch(self, samples: Sequence[Sample], config: Json, rng: np.random.Generator) -> Batch:
        features = torch.stack([sample.features for sample in samples])
        noise = torch.from_numpy(rng.normal(0, 0.1, features.shape).astype(np.float32))
        return {
            "features": features + noise,
            "target": torch.tensor([sample.target for sample in samples]),
            "weight": torch.tensor([config["weights"][sample.target] for sample in samples], dtype=torch.float32),
        }

    def loss(self, model: nn.Module, batch: Batch) -> torch.Tensor:
        return class_loss(self.outputs(model, batch), batch["target"], batch["weight"])

    def outputs(self, model: nn.Module, batch: Batch) -> torch.Tensor:
        scores: torch.Tensor = model(batch["features"]).float()
        return scores

    def truth(self, batch: Batch) -> torch.Tensor:
        return batch["target"]

    def asked(self, model: nn.Module, record: Record, files: FileSource, config: Json) -> Asked:
        return asked_features(scaled(rhythm_of(record, files), config), config["classes"])

    def score(self, model: nn.Module, sample: Sample, config: Json) -> Metrics:
        chances = chances_of(model, sample.features)
        named = dict(zip(config["classes"], chances.tolist(), strict=True))
        found = columns(named, config["classes"][sample.target], config["positive"])
        return {"loss": found["log_loss"], **found}

    def facts(self, config: Json) -> Json:
        return {name: config[name] for name in ("classes", "positive")}


def _positive(told: str, names: Sequence[str], counts: Counter[str]) -> str:
    if told and told not in names:
        raise BadInput(f"no training case is labelled {told!r}", f"Classes: {', '.join(names)}.")
    known = [name for name in names if name in FIBRILLATION]
    return told or (known[0] if known else min(counts, key=lambda name: counts[name]))


def scaled(rhythm: Rhythm, config: Json) -> torch.Tensor:
    values = (rhythm.features - np.array(config["mean"])) / np.array(config["deviation"])
    return torch.from_numpy(np.clip(values, -6, 6).astype(np.float32))


def chances_of(model: nn.Module, features: torch.Tensor) -> np.ndarray:
    """Probabilities (classes,)."""
    logits = model(features[None].to(device_of(model))).float()
    found: np.ndarray = torch.softmax(logits, dim=1)[0].cpu().numpy()
    return found


def columns(chances: dict[str, float], name: str, positive: str) -> dict[str, float]:
    """The metrics' columns of one recording that is truly `name`."""
    best = max(chances, key=lambda one: chances[one])
    return {
        "score": chances.get(positive, 0.0),
        "truth": float(name == positive),
        "accuracy": float(best == name),
        "log_loss": -math.log(max(chances.get(name, 0.0), LOWEST)),
    }


def score(record: Record, files: FileSource, prediction: bytes, label: bytes) -> Metrics:
    """A recording's columns from its prediction and its label."""
    _, chances = classes.decode(prediction)
    positive = str(json.loads(prediction).get("positive", ""))
    return columns(chances, classes.decode(label)[0], positive)


class RecordClassPredictor:
    """A model for whole recordings, loaded once for many predictions."""

    def __init__(self, model: ModelInfo, weights: bytes) -> None:
        self._config = model.config
        self._network = ready(network(self._config), self._config, weights)

    def predict(self, record: Record, files: FileSource, report: ReportProgress) -> PredictionDraft:
        """The class, with the probabilities of all."""
        report(0.1, "Finding beats")
        rhythm = rhythm_of(record, files)
        with torch.inference_mode():
            chances = chances_of(self._network, scaled(rhythm, self._config))
        named = {name: float(one) for name, one in zip(self._config["classes"], chances, strict=True)}
        ranked = sorted(named.items(), key=lambda one: -one[1])
        findings = [
            Finding(name, value=f"{100 * chance:.0f} %", confidence=chance, colour=number + 1)
            for number, (name, chance) in enumerate(ranked)
        ]
        rate, change = float(rhythm.features[0]), float(rhythm.features[2])
        findings.append(
            Finding(
                "Rhythm", f"RMSSD {100 * change:.0f} % of an interval", f"{rate:.0f}/min, {len(rhythm.beats)} beats"
            )
        )
        payload = json.dumps(
            {"class": ranked[0][0], "probabilities": named, "positive": self._config["positive"]}
        ).encode()
        summary = {"class": ranked[0][0], "probabilities": named}
        return PredictionDraft("class", payload, tuple(findings), ranked[0][1], summary)
