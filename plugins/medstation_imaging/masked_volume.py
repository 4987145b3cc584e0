"""A base for segmentation from volumes alone: a U-Net fills in hidden blocks of patches.

As masked autoencoders do (He 2022), with the same network that segmentation trains: all its weights but those of the
last layers fit by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

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
from medstation.learning.recipe import Settings, batched, device_of
from medstation_imaging.cases import ready_volume
from medstation_imaging.masked import blocks, covered, draft_of, filled_in, squared_error
from medstation_imaging.masked_settings import MASKED_METRICS, MASKED_VOLUME_SETTINGS
from medstation_imaging.networks import segmentation_network
from medstation_imaging.patches import cut, plan_of
from medstation_imaging.volume_plan import planned, surveyed

PATCHES_PER_EPOCH = 200
JUDGED = 2
"""Patches of each case that validation and test look at, always the same ones."""


def train(request: TrainRequest, bench: Workbench) -> Iterator[Event]:
    """The recipe's trainer."""
    return fit(MaskedVolumeRecipe(), request, bench)


@dataclass(frozen=True)
class Sample:
    image: torch.Tensor


class MaskedVolumeRecipe(Recipe[Sample]):
    settings = MASKED_VOLUME_SETTINGS
    metrics = MASKED_METRICS
    labelled = False
    inputs = "image"
    decides = "values"

    def survey(self, case: Case, bench: Workbench) -> Json:
        return surveyed(case.record)

    def plan(self, surveys: Sequence[Json], settings: Settings, base: Json | None) -> Json:
        training = {name: settings[name] for name in ("augmentation", "mirror")}
        own = base or {**planned(surveys, settings), "classes": []}
        return {**own, "hidden": float(settings["hidden"]), "training": {**training, "foreground": 0.0}}

    def build(self, config: Json) -> nn.Module:
        return segmentation_network(config)  # no classes: one channel comes out

    def prepare(self, case: Case, config: Json, bench: Workbench) -> Sample:
        return Sample(torch.from_numpy(ready_volume(case.record, bench.files(case.record), config).image))

    def size(self, sample: Sample) -> int:
        return int(sample.image.nbytes)

    def order(self, count: int, config: Json, settings: Settings, rng: np.random.Generator) -> list[list[int]]:
        each = int(settings["patches_per_case"]) or max(1, round(PATCHES_PER_EPOCH / count))
        rounds = [rng.permutation(count) for _ in range(each)]
        return batched(np.concatenate(rounds).tolist(), int(settings["batch_size"]))

    def batch(self, samples: Sequence[Sample], config: Json, rng: np.random.Generator) -> Batch:
        shown, wanted = [], []
        for sample in samples:
            patch = cut(sample.image, sample.image, (), plan_of(config), rng)[0]
            hidden = blocks(patch.shape[1:], config["hidden"], rng)[None]
            shown.append(covered(patch, hidden))
            wanted.append(patch.masked_fill(~hidden, float("nan")))
        return {"image": torch.stack(shown), "wanted": torch.stack(wanted)}

    def loss(self, model: nn.Module, batch: Batch) -> torch.Tensor:
        return squared_error(self.outputs(model, batch), self.truth(batch))

    def outputs(self, model: nn.Module, batch: Batch) -> torch.Tensor:
        said: torch.Tensor = model(batch["image"])
        return said.float().flatten()

    def truth(self, batch: Batch) -> torch.Tensor:
        return batch["wanted"].flatten()

    def score(self, model: nn.Module, sample: Sample, config: Json) -> Metrics:
        measured = judged(model, sample, config)
        return {"loss": measured["error"] / max(measured["spread"], 1e-9), **measured}

    def facts(self, config: Json) -> Json:
        return {name: config[name] for name in ("network", "patch", "spacing", "hidden")}


def judged(model: nn.Module, sample: Sample, config: Json) -> dict[str, float]:
    """How well hidden blocks of a volume are filled in, the same ones every time."""
    plain: dict[str, Any] = {**config, "training": {**config["training"], "augmentation": False}}
    rng, total = np.random.default_rng(0), {"error": 0.0, "spread": 0.0}
    for _ in range(JUDGED):
        batch = MaskedVolumeRecipe().batch([sample], plain, rng)
        hidden = torch.isfinite(batch["wanted"])
        said = model(batch["image"].to(device_of(model))).float().cpu()
        level = float(batch["image"][~hidden].mean())
        measured = filled_in(said[hidden], batch["wanted"][hidden], level)
        total = {name: total[name] + value for name, value in measured.items()}
    return total


class MaskedVolumePredictor:
    """Says how well the base knows volumes like this one."""

    def __init__(self, model: ModelInfo, weights: bytes) -> None:
        self._config = model.config
        self._network = ready(segmentation_network(self._config), self._config, weights)

    def predict(self, record: Record, files: FileSource, report: ReportProgress) -> PredictionDraft:
        image = ready_volume(record, files, self._config, lambda done, text: report(0.7 * done, text)).image
        report(0.8, "Filling in hidden places")
        with torch.inference_mode():
            return draft_of(judged(self._network, Sample(torch.from_numpy(image)), self._config))
