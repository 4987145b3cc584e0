"""The segmentation recipe: a U-Net on patches of volumes, trained on masks with Dice and cross-entropy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

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
from medstation.learning.recipe import Settings, batched
from medstation_imaging import masks
from medstation_imaging.asking import asked_patch
from medstation_imaging.cases import check_geometry, ready_volume, renamed
from medstation_imaging.dice import dice_scores
from medstation_imaging.findings import findings_of
from medstation_imaging.inference import probabilities
from medstation_imaging.losses import dice_and_cross_entropy, volume_loss
from medstation_imaging.networks import segmentation_network
from medstation_imaging.patches import cut, places_of, plan_of
from medstation_imaging.preprocessing import Turn, decided, resized
from medstation_imaging.segmentation_settings import SEGMENTATION_METRICS, SEGMENTATION_SETTINGS
from medstation_imaging.surfaces import surface_scores
from medstation_imaging.volume_plan import planned, surveyed

PATCHES_PER_EPOCH = 200
"""Few cases give as many steps to learn from as many cases do."""


def train(request: TrainRequest, bench: Workbench) -> Iterator[Event]:
    """The recipe's trainer."""
    return fit(SegmentationRecipe(), request, bench)


def score(record: Record, files: FileSource, prediction: bytes, label: bytes) -> Metrics:
    """Dice of a predicted mask against a label's; segments are matched by name."""
    predicted, found = masks.decode(prediction)
    truth, wanted = masks.decode(label)
    check_geometry(record, truth)
    if predicted.shape != truth.shape:
        raise BadInput(f"prediction {predicted.shape} and label {truth.shape} of {record.title!r} differ in shape")
    return dice_scores(renamed(predicted, found, wanted), truth, wanted)


@dataclass(frozen=True)
class Sample:
    """A case made ready: `image` and `target` as the network sees them, `label` as it was drawn, `spacing` of that."""

    image: torch.Tensor
    target: torch.Tensor
    label: np.ndarray
    places: list[np.ndarray]
    turn: Turn
    spacing: tuple[float, ...] = (1.0, 1.0, 1.0)


class SegmentationRecipe(Recipe[Sample]):
    settings = SEGMENTATION_SETTINGS
    metrics = SEGMENTATION_METRICS
    inputs = "image"
    decides = "classes"

    def survey(self, case: Case, bench: Workbench) -> Json:
        mask, names = masks.decode(bench.label(case.label))
        check_geometry(case.record, mask)
        return {"classes": names, **surveyed(case.record)}

    def plan(self, surveys: Sequence[Json], settings: Settings, base: Json | None) -> Json:
        known = list(base["classes"]) if base else []  # none in a base that was made without labels
        classes = known + sorted({name for one in surveys for name in one["classes"]} - set(known))
        if not classes:
            raise BadInput("no training mask names a segment", "Label at least one segment in the training cases.")
        own = {name: one for name, one in base.items() if name != "hidden"} if base else planned(surveys, settings)
        return {**own, "classes": classes, "training": _training(settings)}

    def build(self, config: Json) -> nn.Module:
        return segmentation_network(config)

    def prepare(self, case: Case, config: Json, bench: Workbench) -> Sample:
        label, names = masks.decode(bench.label(case.label))
        check_geometry(case.record, label)
        own = renamed(label, names, config["classes"])
        ready = ready_volume(case.record, bench.files(case.record), config)
        target = resized(ready.turn.apply(own), ready.image.shape, labels=True)
        return Sample(
            torch.from_numpy(ready.image),
            torch.from_numpy(target.astype(np.float32)),
            own,
            places_of(target, len(config["classes"])),
            ready.turn,
            ready.spacing,
        )

    def size(self, sample: Sample) -> int:
        held: list[Any] = [sample.image, sample.target, sample.label, *sample.places]
        return sum(int(one.nbytes) for one in held)

    def order(self, count: int, config: Json, settings: Settings, rng: np.random.Generator) -> list[list[int]]:
        each = int(settings["patches_per_case"]) or max(1, round(PATCHES_PER_EPOCH / count))
        rounds = [rng.permutation(count) for _ in range(each)]
        return batched(np.concatenate(rounds).tolist(), int(settings["batch_size"]))

    def batch(self, samples: Sequence[Sample], config: Json, rng: np.random.Generator) -> Batch:
        plan = plan_of(config)
        pairs = [cut(sample.image, sample.target, sample.places, plan, rng) for sample in samples]
        return {"image": torch.stack([one for one, _ in pairs]), "target": torch.stack([one for _, one in pairs])}

    def loss(self, model: nn.Module, batch: Batch) -> torch.Tensor:
        return dice_and_cross_entropy(model(batch["image"]).float(), batch["target"])

    def outputs(self, model: nn.Module, batch: Batch) -> torch.Tensor:
        scores: torch.Tensor = model(batch["image"]).float()
        return scores.movedim(1, -1).flatten(0, -2)

    def truth(self, batch: Batch) -> torch.Tensor:
        return batch["target"].flatten()

    def asked(self, model: nn.Module, record: Record, files: FileSource, config: Json) -> Asked:
        return asked_patch(model, record, files, config)

    def score(self, model: nn.Module, sample: Sample, config: Json) -> Metrics:
        chances = probabilities(model, sample.image.numpy(), config["patch"])
        mask, _ = decided(chances, sample.turn, sample.label.shape)
        return {"loss": volume_loss(chances, sample.target), **dice_scores(mask, sample.label, config["classes"])}

    def closer(self, model: nn.Module, sample: Sample, config: Json) -> Metrics:
        chances = probabilities(model, sample.image.numpy(), config["patch"])
        mask, _ = decided(chances, sample.turn, sample.label.shape)
        return surface_scores(mask, sample.label, config["classes"], sample.spacing)

    def facts(self, config: Json) -> Json:
        return {name: config[name] for name in ("classes", "network", "patch", "spacing")}


def _training(settings: Settings) -> Json:
    """What only training needs of the settings."""
    return {name: settings[name] for name in ("foreground", "augmentation", "mirror")}


class SegmentationPredictor:
    """A segmentation model, loaded once for many predictions."""

    def __init__(self, model: ModelInfo, weights: bytes) -> None:
        self._config = model.config
        self._network = ready(segmentation_network(self._config), self._config, weights)

    def predict(self, record: Record, files: FileSource, report: ReportProgress) -> PredictionDraft:
        """A mask in the record's own voxel grid, a finding per structure or lesion, volumes in mL."""
        names = self._config["classes"]
        ready = ready_volume(record, files, self._config, lambda done, text: report(0.3 * done, text))
        chances = probabilities(
            self._network,
            ready.image,
            self._config["patch"],
            report=lambda done: report(0.3 + 0.6 * done, "Computing"),
        )
        mask, confidence = decided(chances, ready.turn, ready.shape)
        report(0.95, "Measuring")
        inside = mask > 0
        return PredictionDraft(
            kind="mask",
            payload=masks.encode(mask, names),
            findings=findings_of(mask, confidence, names, ready.spacing),
            confidence=float(confidence[inside].mean()) if inside.any() else None,
            summary={"volumes_ml": dict(zip(names, masks.volumes_ml(mask, ready.spacing, len(names)), strict=True))},
        )
