"""A base for forecasts from series alone: hidden patches of the past are filled in.

The network is the forecaster's own (Nie 2023 trains PatchTST so), with the look-back in the place of the horizon: all
weights but the head's fit by name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import nn

from medstation.api import (
    BadInput,
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
    resolve,
)
from medstation.learning import Batch, fit
from medstation.learning.network import ready
from medstation.learning.recipe import Settings, device_of
from medstation_signals import later
from medstation_signals.forecast_model import Shape, usable_origins
from medstation_signals.forecast_parts import forecastable
from medstation_signals.masked_settings import MASKED_METRICS, MASKED_SETTINGS
from medstation_signals.patchtst import PatchRecipe, Sample, network, past_of, said
from medstation_signals.series import series_of

JUDGED = 64
"""Stretches of each recording that are looked at, always the same ones."""


def train(request: TrainRequest, bench: Workbench) -> Iterator[Event]:
    """The recipe's trainer."""
    settings = resolve(MASKED_SETTINGS, request.settings)
    request = replace(request, cases=forecastable(request.cases))
    known = request.base.config if request.base else {"channel": settings["channel"], "step": 60 * settings["step"]}
    recipe = MaskedSeries(str(known["channel"]), float(known["step"]))
    if later.needed(request.cases, str(settings["split"])):
        return later.renamed(fit(recipe, later.divided(request), later.LaterBench(bench)))
    return fit(recipe, request, bench)


class MaskedSeries(PatchRecipe):
    """The forecaster's recipe with another question."""

    settings = MASKED_SETTINGS
    metrics = MASKED_METRICS

    def plan(self, surveys: Sequence[Json], settings: Settings, base: Json | None) -> Json:
        whole = {"horizon": settings["lookback"], "season": 0}
        return {**super().plan(surveys, {**settings, **whole}, base), "hidden": float(settings["hidden"])}

    def batch(self, samples: Sequence[Sample], config: Json, rng: np.random.Generator) -> Batch:
        drawn = [_drawn(one, config, int(config["windows"]), rng) for one in samples if len(one.origins)]
        if not drawn:
            raise BadInput("a training recording is too short", "Set a shorter look-back.")
        past = np.concatenate(drawn)
        hidden = hide(past, config, rng)
        shown = np.where(hidden, np.float32(np.nan), past)
        wanted = np.where(hidden, past - past[:, -1:], np.float32(np.nan))
        return {"past": torch.from_numpy(shown), "ahead": torch.from_numpy(wanted)}

    def score(self, model: nn.Module, sample: Sample, config: Json) -> Metrics:
        return filled_in(model, sample.scaled, sample.origins, config)


def hide(past: np.ndarray, config: Json, rng: np.random.Generator) -> np.ndarray:
    """Which values of stretches (n, lookback) are hidden: whole patches, but never the last one."""
    size = int(config["patch"])
    patches = past.shape[1] // size
    count = min(max(1, round(float(config["hidden"]) * patches)), patches - 1)
    order = rng.random((len(past), patches - 1)).argsort(axis=1)
    hidden = np.zeros(past.shape, bool)
    for place in range(count):
        begin = past.shape[1] - (order[:, place] + 2) * size
        hidden[np.arange(len(past))[:, None], begin[:, None] + np.arange(size)] = True
    return hidden


def _drawn(sample: Sample, config: Json, count: int, rng: np.random.Generator) -> np.ndarray:
    return past_of(sample.scaled, rng.choice(sample.origins, count), int(config["shape"]["lookback"]))


def filled_in(model: nn.Module, scaled: np.ndarray, origins: np.ndarray, config: Json) -> dict[str, float]:
    """Squared error in hidden patches, and the squared distance of what they hold from the last value."""
    if not len(origins):
        return {}
    rng = np.random.default_rng(0)
    past = past_of(scaled, origins[:: max(1, len(origins) // JUDGED)], int(config["shape"]["lookback"]))
    hidden = hide(past, config, rng)
    shown = torch.from_numpy(np.where(hidden, np.float32(np.nan), past)).to(device_of(model))
    made = said(model, shown).float().cpu().numpy()
    wanted = past - past[:, -1:]
    counted = hidden & np.isfinite(wanted)
    error, spread = float(((made - wanted)[counted] ** 2).sum()), float((wanted[counted] ** 2).sum())
    return {"loss": error / max(spread, 1e-9), "error": error, "spread": spread}


class MaskedSeriesPredictor:
    """Says how well the base knows a recording."""

    def __init__(self, model: ModelInfo, weights: bytes) -> None:
        self._config = model.config
        self._network = ready(network(self._config), self._config, weights)

    def predict(self, record: Record, files: FileSource, report: ReportProgress) -> PredictionDraft:
        report(0.2, "Reading")
        series = series_of(record, files, self._config["channel"], self._config["step"])
        shape = Shape(**self._config["shape"])
        scaled = shape.inward(series.values).astype(np.float32)
        report(0.5, "Filling in hidden patches")
        with torch.inference_mode():
            found = filled_in(self._network, scaled, usable_origins(series.values, shape.lookback), self._config)
        if not found:
            raise BadInput(f"{record.title!r} is shorter than the look-back", "Choose a longer recording.")
        share = 1 - found["error"] / max(found["spread"], 1e-9)
        finding = Finding("Hidden patches filled in", value=f"{100 * share:.0f} %", confidence=min(max(share, 0.0), 1))
        counted = {name: found[name] for name in ("error", "spread")}
        return PredictionDraft("filled-in", json.dumps(counted).encode(), (finding,), finding.confidence,
                               {"filled_in": round(share, 4)})  # fmt: skip


def score(record: Record, files: FileSource, prediction: bytes, label: bytes) -> Metrics:
    """What the prediction measured."""
    counted = json.loads(prediction)
    return {name: float(counted[name]) for name in ("error", "spread")}
