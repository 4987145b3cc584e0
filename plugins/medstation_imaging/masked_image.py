"""A base for classification from images alone: what is hidden is filled in from the few numbers before the head.

The network is the one that classification trains, with a pixel of a coarse picture in the place of each class: as a
masked autoencoder (He 2022) whose code is what the head will see. All weights but the head's fit by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from medstation.api import (
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
from medstation.learning.network import ready
from medstation.learning.recipe import Settings, device_of
from medstation_imaging.cases import whole_image
from medstation_imaging.classification import augmented, decisions
from medstation_imaging.masked import blocks, covered, draft_of, filled_in
from medstation_imaging.masked_settings import MASKED_IMAGE_SETTINGS, MASKED_METRICS
from medstation_imaging.networks import classification_network

COARSE = {2: 32, 3: 16}
"""The most pixels of a side that are filled in, by dimensions."""


def train(request: TrainRequest, bench: Workbench) -> Iterator[Event]:
    """The recipe's trainer."""
    return fit(MaskedImageRecipe(), request, bench)


@dataclass(frozen=True)
class Sample:
    """`image` float32 (y, x) or (z, y, x), made ready."""

    image: torch.Tensor


class MaskedImageRecipe(Recipe[Sample]):
    settings = MASKED_IMAGE_SETTINGS
    metrics = MASKED_METRICS
    labelled = False
    inputs = "image"
    decides = "values"

    def survey(self, case: Case, bench: Workbench) -> Json:
        geometry = case.record.meta.get("volume")
        return {"shape": geometry["shape"] if geometry else None}

    def plan(self, surveys: Sequence[Json], settings: Settings, base: Json | None) -> Json:
        own = base or {**decisions(surveys, settings), "classes": []}
        coarse = [min(size, COARSE[len(own["shape"])]) for size in own["shape"]]
        training = {name: settings[name] for name in ("augmentation", "mirror")}
        return {**own, "coarse": coarse, "hidden": float(settings["hidden"]), "training": training}

    def build(self, config: Json) -> nn.Module:
        return classification_network(config, prod(config["coarse"]))

    def prepare(self, case: Case, config: Json, bench: Workbench) -> Sample:
        return Sample(torch.from_numpy(whole_image(case.record, bench.files(case.record), config)))

    def size(self, sample: Sample) -> int:
        return int(sample.image.nbytes)

    def batch(self, samples: Sequence[Sample], config: Json, rng: np.random.Generator) -> Batch:
        images = [augmented(sample.image, config["training"], rng) for sample in samples]
        shown = [covered(image, blocks(image.shape, config["hidden"], rng)) for image in images]
        return {"image": torch.stack(shown)[:, None], "wanted": coarsened(torch.stack(images), config["coarse"])}

    def loss(self, model: nn.Module, batch: Batch) -> torch.Tensor:
        return functional.mse_loss(self.outputs(model, batch), self.truth(batch))

    def outputs(self, model: nn.Module, batch: Batch) -> torch.Tensor:
        said: torch.Tensor = model(batch["image"])
        return said.float().flatten()

    def truth(self, batch: Batch) -> torch.Tensor:
        return batch["wanted"].flatten()

    def score(self, model: nn.Module, sample: Sample, config: Json) -> Metrics:
        measured = judged(model, sample, config)
        return {"loss": measured["error"] / max(measured["spread"], 1e-9), **measured}

    def facts(self, config: Json) -> Json:
        return {name: config[name] for name in ("network", "shape", "hidden")}


def coarsened(images: torch.Tensor, shape: Sequence[int]) -> torch.Tensor:
    """Images (n, ...) as means over the pixels of a coarser grid, (n, pixels)."""
    pool: nn.Module = nn.AdaptiveAvgPool2d(tuple(shape)) if len(shape) == 2 else nn.AdaptiveAvgPool3d(tuple(shape))
    coarse: torch.Tensor = pool(images[:, None])
    return coarse.flatten(1)


def judged(model: nn.Module, sample: Sample, config: Json) -> dict[str, float]:
    """How well an image is filled in, with the same places hidden every time."""
    image = sample.image
    shown = covered(image, blocks(image.shape, config["hidden"], np.random.default_rng(0)))
    wanted = coarsened(image[None], config["coarse"])
    said = model(shown[None, None].to(device_of(model))).float().cpu()
    return filled_in(said, wanted, float(wanted.mean()))


class MaskedImagePredictor:
    """Says how well the base knows images like this one."""

    def __init__(self, model: ModelInfo, weights: bytes) -> None:
        self._config = model.config
        self._network = ready(MaskedImageRecipe().build(self._config), self._config, weights)

    def predict(self, record: Record, files: FileSource, report: ReportProgress) -> PredictionDraft:
        image = whole_image(record, files, self._config, lambda done, text: report(0.7 * done, text))
        report(0.8, "Filling in hidden places")
        with torch.inference_mode():
            return draft_of(judged(self._network, Sample(torch.from_numpy(image)), self._config))
