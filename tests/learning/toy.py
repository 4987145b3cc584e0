"""A tiny recipe and a workbench in memory, so that the loop's promises can be tested in a second."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import nn

from medstation.api import Case, Event, FileSource, Json, Metrics, MetricSpec, ModelInfo, Person, Record, TrainRequest
from medstation.learning import Batch, Recipe, fit
from medstation.learning.recipe import Settings
from medstation.learning.settings import common_settings


@dataclass(frozen=True)
class Point:
    features: np.ndarray
    target: float


class ToyRecipe(Recipe[Point]):
    """Numbers to one number, with noise and dropout, so that every source of chance is in play."""

    settings = common_settings({"epochs": 4, "learning_rate": 0.05, "batch_size": 4, "patience": 0, "threads": 1})
    metrics = (MetricSpec("closeness", "Closeness"),)
    inputs = "features"
    decides = "values"

    def survey(self, case: Case, bench: object) -> Json:
        return {"width": 8}

    def plan(self, surveys: Sequence[Json], settings: Settings, base: Json | None) -> Json:
        return {"width": surveys[0]["width"], "outputs": 1}

    def build(self, config: Json) -> nn.Module:
        return nn.Sequential(
            nn.Linear(config["width"], 16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, config["outputs"])
        )

    def prepare(self, case: Case, config: Json, bench: MemoryBench) -> Point:
        getattr(bench, "prepared", []).append(case.record.id)
        rng = np.random.default_rng(int(case.record.id.split("-")[1]))
        features = rng.normal(size=config["width"]).astype(np.float32)
        return Point(features, float(features[0] - 2 * features[1]))

    def size(self, sample: Point) -> int:
        return sample.features.nbytes

    def batch(self, samples: Sequence[Point], config: Json, rng: np.random.Generator) -> Batch:
        features = np.stack([one.features for one in samples])
        noise = rng.normal(scale=0.01, size=features.shape).astype(np.float32)
        targets = np.array([[one.target] for one in samples], np.float32)
        return {"features": torch.from_numpy(features + noise), "target": torch.from_numpy(targets)}

    def loss(self, model: nn.Module, batch: Batch) -> torch.Tensor:
        return nn.functional.mse_loss(self.outputs(model, batch), self.truth(batch))

    def outputs(self, model: nn.Module, batch: Batch) -> torch.Tensor:
        return model(batch["features"])

    def truth(self, batch: Batch) -> torch.Tensor:
        return batch["target"]

    def score(self, model: nn.Module, sample: Point, config: Json) -> Metrics:
        error = abs(float(model(torch.from_numpy(sample.features)[None])) - sample.target)
        return {"loss": error**2, "closeness": 1 / (1 + error)}


@dataclass
class MemoryBench:
    saved: bytes | None = None
    stored_weights: dict[str, bytes] = field(default_factory=dict)
    stop: Callable[[], bool] = lambda: False
    prepared: list[str] = field(default_factory=list)

    def files(self, record: Record) -> FileSource:
        raise AssertionError("the toy has no files")

    def label(self, label_id: str) -> bytes:
        return json.dumps({}).encode()

    def weights(self, model_id: str) -> bytes:
        return self.stored_weights[model_id]

    def checkpoint(self) -> bytes | None:
        return self.saved

    def stop_requested(self) -> bool:
        return self.stop()


def case(number: int, part: str, patient: str = "") -> Case:
    record = Record(f"r-{number}", "toy", "point", Person(patient or f"P{number}"), f"Point {number}", "", "", {})
    return Case(record, f"l-{number}", part)


def cases() -> list[Case]:
    parts = ["train"] * 10 + ["validation"] * 3 + ["test"] * 3
    return [case(number, part) for number, part in enumerate(parts)]


@dataclass
class Toy:
    """The toy recipe with its cases; `run` collects a run's events."""

    recipe: ToyRecipe = field(default_factory=ToyRecipe)
    bench: MemoryBench = field(default_factory=MemoryBench)

    def request(self, seed: int = 3, base: ModelInfo | None = None, **settings: object) -> TrainRequest:
        return TrainRequest("run-1", "toy", settings, cases(), seed, base)

    def run(self, seed: int = 3, base: ModelInfo | None = None, **settings: object) -> list[Event]:
        return list(fit(self.recipe, self.request(seed, base, **settings), self.bench))
