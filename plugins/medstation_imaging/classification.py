"""The classification recipe: a small ResNet or DenseNet on an image or a volume, trained with cross-entropy."""

from __future__ import annotations

import math
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
from medstation_imaging.asking import asked_image
from medstation_imaging.cases import whole_image
from medstation_imaging.classes import decode_class, encode_class
from medstation_imaging.classification_settings import CLASSIFICATION_METRICS, CLASSIFICATION_SETTINGS
from medstation_imaging.networks import classification_network
from medstation_imaging.patches import moved, varied

_OF_BASES = ("coarse", "hidden")
"""What a base made without labels has in its config and a classification has not."""
LOWEST = 1e-7
"""The smallest probability that the log loss counts with, so that one case can't make it infinite."""


def train(request: TrainRequest, bench: Workbench) -> Iterator[Event]:
    """The recipe's trainer."""
    return fit(ClassificationRecipe(), request, bench)


def score(record: Record, files: FileSource, prediction: bytes, label: bytes) -> Metrics:
    """Accuracy (1 or 0) and log loss of a predicted class against a label's."""
    predicted, chances = decode_class(prediction)
    truth, _ = decode_class(label)
    surprise = -math.log(max(chances.get(truth, 0.0), LOWEST))
    return {"accuracy": float(predicted == truth), "log_loss": surprise}


@dataclass(frozen=True)
class Sample:
    """`image` float32 (y, x) or (z, y, x), made ready; `target` is the index of the class."""

    image: torch.Tensor
    target: int


class ClassificationRecipe(Recipe[Sample]):
    settings = CLASSIFICATION_SETTINGS
    metrics = CLASSIFICATION_METRICS
    inputs = "image"
    decides = "classes"

    def survey(self, case: Case, bench: Workbench) -> Json:
        name, _ = decode_class(bench.label(case.label))
        geometry = case.record.meta.get("volume")
        return {"class": name, "shape": geometry["shape"] if geometry else None}

    def plan(self, surveys: Sequence[Json], settings: Settings, base: Json | None) -> Json:
        counts = Counter(one["class"] for one in surveys)
        known = list(base["classes"]) if base else []
        classes = known + sorted(set(counts) - set(known))
        if len(classes) < 2:
            raise BadInput(
                f"all training cases are {classes[0]!r}: there is nothing to tell apart",
                "Label cases of at least two classes and make a new data set.",
            )
        training = {"augmentation": settings["augmentation"], "mirror": settings["mirror"]}
        weights = class_weights(counts, classes) if settings["class_weights"] else [1.0] * len(classes)
        own = (
            {name: one for name, one in base.items() if name not in _OF_BASES} if base else decisions(surveys, settings)
        )
        return {**own, "classes": classes, "class_weights": weights, "training": training}

    def build(self, config: Json) -> nn.Module:
        return classification_network(config)

    def prepare(self, case: Case, config: Json, bench: Workbench) -> Sample:
        name, _ = decode_class(bench.label(case.label))
        if name not in config["classes"]:
            raise BadInput(
                f"{case.record.title!r} ({case.record.id}) is labelled {name!r}, which no training case is",
                "Label more cases of this class, or leave the record out of the data set.",
            )
        image = whole_image(case.record, bench.files(case.record), config)
        return Sample(torch.from_numpy(image), config["classes"].index(name))

    def size(self, sample: Sample) -> int:
        return sample.image.nbytes

    def batch(self, samples: Sequence[Sample], config: Json, rng: np.random.Generator) -> Batch:
        images = [augmented(sample.image, config["training"], rng) for sample in samples]
        weights = [config["class_weights"][sample.target] for sample in samples]
        return {
            "image": torch.stack(images)[:, None],
            "target": torch.tensor([sample.target for sample in samples]),
            "weight": torch.tensor(weights, dtype=torch.float32),
        }

    def loss(self, model: nn.Module, batch: Batch) -> torch.Tensor:
        return class_loss(self.outputs(model, batch), batch["target"], batch["weight"])

    def outputs(self, model: nn.Module, batch: Batch) -> torch.Tensor:
        scores: torch.Tensor = model(batch["image"]).float()
        return scores

    def truth(self, batch: Batch) -> torch.Tensor:
        return batch["target"]

    def asked(self, model: nn.Module, record: Record, files: FileSource, config: Json) -> Asked:
        return asked_image(record, files, config)

    def score(self, model: nn.Module, sample: Sample, config: Json) -> Metrics:
        chances = _chances(model, sample.image)
        surprise = -math.log(max(float(chances[sample.target]), LOWEST))
        right = float(int(chances.argmax()) == sample.target)
        return {"loss": surprise, "accuracy": right, "log_loss": surprise}

    def facts(self, config: Json) -> Json:
        return {name: config[name] for name in ("classes", "network", "shape")}


class ClassificationPredictor:
    """A classification model, loaded once for many predictions."""

    def __init__(self, model: ModelInfo, weights: bytes) -> None:
        self._config = model.config
        self._network = ready(classification_network(self._config), self._config, weights)

    def predict(self, record: Record, files: FileSource, report: ReportProgress) -> PredictionDraft:
        """The class and the probabilities of all classes."""
        image = whole_image(record, files, self._config, lambda done, text: report(0.7 * done, text))
        report(0.8, "Computing")
        with torch.inference_mode():
            chances = _chances(self._network, torch.from_numpy(image))
        named = {name: float(one) for name, one in zip(self._config["classes"], chances, strict=True)}
        ranked = sorted(named.items(), key=lambda one: -one[1])
        best, sure = ranked[0]
        findings = tuple(
            Finding(
                name, value=f"{100 * chance:.0f} %", confidence=chance, colour=self._config["classes"].index(name) + 1
            )
            for name, chance in ranked
        )
        return PredictionDraft(
            "class", encode_class(best, named), findings, sure, {"class": best, "probabilities": named}
        )


def decisions(surveys: Sequence[Json], settings: Settings) -> Json:
    """The part of the config that does not hang on labels: what is seen of a case, and by which network."""
    size = int(settings["size"])
    shapes = [one["shape"] for one in surveys if one["shape"]]
    volumes = len(shapes) == len(surveys) if settings["view"] == "auto" else settings["view"] == "volume"
    depth = [min(size, int(np.median([shape[0] for shape in shapes])))] if volumes and shapes else []
    if volumes and not shapes:
        raise BadInput("no training case is a volume", "Set view=slice.")
    kept = ("network", "normalisation", "window_low", "window_high")
    return {"shape": [*depth, size, size], **{name: settings[name] for name in kept}}


def augmented(image: torch.Tensor, training: Json, rng: np.random.Generator) -> torch.Tensor:
    """The image, mirrored, moved and varied as `training` says."""
    if training["mirror"] and rng.random() < 0.5:
        image = image.flip(-1)
    return varied(moved(image, rng), rng) if training["augmentation"] else image


def _chances(model: nn.Module, image: torch.Tensor) -> np.ndarray:
    """Probabilities (classes,) of an image (y, x) or (z, y, x)."""
    logits = model(image[None, None].to(device_of(model))).float()
    chances: np.ndarray = torch.softmax(logits, dim=1)[0].cpu().numpy()
    return chances
