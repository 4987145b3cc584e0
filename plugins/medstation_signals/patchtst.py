"""The recipe "patchtst": a small transformer (or mixer) over patches of the past, trained by MedStation's own loop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import nn

from medstation.api import (
    BadInput,
    Case,
    Evaluation,
    Event,
    FileSource,
    Finished,
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
from medstation.learning import Recipe as LearningRecipe
from medstation.learning.asked import Asked
from medstation.learning.network import ready
from medstation.learning.recipe import Settings, batched, device_of
from medstation_signals import forecast_payload, later
from medstation_signals.asking import asked_past
from medstation_signals.backtest import LastValue, table
from medstation_signals.bands import Bands
from medstation_signals.forecast_model import Forecaster, Shape, shape_of, targets
from medstation_signals.forecast_parts import Example, Parts, forecastable
from medstation_signals.forecast_settings import FORECAST_METRICS, PATCHTST_SETTINGS
from medstation_signals.linear import fit_bands, measured
from medstation_signals.series import season_of, series_of

_AT_ONCE = 1024


@dataclass(frozen=True)
class Sample:
    """A series with the origins that the case may use; `scaled` (time,) has NaN gaps."""

    example: Example
    scaled: np.ndarray
    origins: np.ndarray


def network(config: Json) -> nn.Module:
    """PatchTST or PatchTSMixer with fresh weights, for one channel. Values are scaled outside of it."""
    shape, width = config["shape"], int(config["width"])
    common = {
        "context_length": shape["lookback"], "prediction_length": shape["horizon"], "num_input_channels": 1,
        "patch_length": config["patch"], "patch_stride": config["patch"], "d_model": width, "scaling": None,
    }  # fmt: skip
    if config["network"] == "patchtsmixer":
        from transformers import PatchTSMixerConfig, PatchTSMixerForPrediction

        return PatchTSMixerForPrediction(PatchTSMixerConfig(**common, num_layers=config["layers"]))
    from transformers import PatchTSTConfig, PatchTSTForPrediction

    heads = next(heads for heads in (4, 2, 1) if width % heads == 0)
    return PatchTSTForPrediction(
        PatchTSTConfig(
            **common,
            num_hidden_layers=config["layers"],
            num_attention_heads=heads,
            ffn_dim=2 * width,
            attention_dropout=0.1,
            ff_dropout=0.1,
        )
    )


def said(model: nn.Module, past: torch.Tensor) -> torch.Tensor:
    """The change from the last value (n, horizon) that the network foresees; `past` (n, lookback), NaN is masked."""
    known = torch.isfinite(past)
    values = torch.nan_to_num(past)[..., None]
    name = "observed_mask" if "Mixer" in type(model).__name__ else "past_observed_mask"
    mask = known[..., None]
    out: Any = model(past_values=values, **{name: mask.float() if name == "observed_mask" else mask})
    return out.prediction_outputs[..., 0]  # type: ignore[no-any-return]


@dataclass(frozen=True)
class NetForecaster:
    """A network as a `Forecaster`."""

    model: nn.Module
    shape: Shape

    @property
    def horizon(self) -> int:
        return self.shape.horizon

    def forecast(self, values: np.ndarray, origins: np.ndarray) -> np.ndarray:
        x = self.shape.inward(values).astype(np.float32)
        made = [np.zeros((0, self.horizon), np.float32)]
        with torch.inference_mode():
            for begin in range(0, len(origins), _AT_ONCE):
                part = origins[begin : begin + _AT_ONCE]
                past = torch.from_numpy(past_of(x, part, self.shape.lookback)).to(device_of(self.model))
                made.append(said(self.model, past).float().cpu().numpy())
        return self.shape.outward(np.concatenate(made).astype(np.float64) + x[origins][:, None])


def past_of(x: np.ndarray, origins: np.ndarray, lookback: int) -> np.ndarray:
    """The stretches (n, lookback) that end at the origins."""
    return x[origins[:, None] + np.arange(1 - lookback, 1)]


class PatchRecipe(LearningRecipe[Sample]):
    """What the loop asks for (see `medstation.learning.Recipe`)."""

    settings = PATCHTST_SETTINGS
    metrics = FORECAST_METRICS
    labelled = False
    inputs = "past"
    decides = "values"

    def __init__(self, channel: str = "", step: float = 0.0) -> None:
        self._channel, self._step = channel, step

    def survey(self, case: Case, bench: Workbench) -> Json:
        series = series_of(case.record, bench.files(case.record), self._channel, self._step)
        known = series.values[np.isfinite(series.values)]
        return {"step": series.step, "values": known[:: max(1, len(known) // 2000)].tolist()}

    def plan(self, surveys: Sequence[Json], settings: Settings, base: Json | None) -> Json:
        if base:
            return _taken_over(base, settings)
        step = self._step or Counter(one["step"] for one in surveys).most_common(1)[0][0]
        lookback, horizon = int(settings["lookback"]), int(settings["horizon"])
        if lookback < 2 * int(settings["patch"]):
            raise BadInput(f"a look-back of {lookback} holds less than two patches", "Set a smaller patch.")
        values = [np.array(one["values"]) for one in surveys]
        shape = shape_of(values, lookback, horizon, 0, bool(settings["logarithm"]))
        chosen = ("network", "width", "layers", "patch", "windows")
        return {
            "kind": "patchtst", "step": step, "season": int(settings["season"]) or season_of(step),
            "channel": self._channel, "shape": shape.json(), **{name: settings[name] for name in chosen},
        }  # fmt: skip

    def build(self, config: Json) -> nn.Module:
        return network(config)

    def prepare(self, case: Case, config: Json, bench: Workbench) -> Sample:
        example, shape = example_of(case, config, bench), Shape(**config["shape"])
        scaled = shape.inward(example.series.values).astype(np.float32)
        return Sample(example, scaled, example.origins(shape.lookback, shape.horizon))

    def size(self, sample: Sample) -> int:
        return sample.scaled.nbytes + sample.example.series.values.nbytes

    def order(self, count: int, config: Json, settings: Settings, rng: np.random.Generator) -> list[list[int]]:
        several = np.repeat(np.arange(count), 8)
        return batched(rng.permutation(several).tolist(), int(settings["batch_size"]))

    def batch(self, samples: Sequence[Sample], config: Json, rng: np.random.Generator) -> Batch:
        shape = Shape(**config["shape"])
        past, ahead = [], []
        for sample in samples:
            if len(sample.origins):
                origins = rng.choice(sample.origins, int(config["windows"]))
                past.append(past_of(sample.scaled, origins, shape.lookback))
                change = targets(sample.scaled, origins, shape.horizon) - sample.scaled[origins][:, None]
                ahead.append(change.astype(np.float32))
        if not past:
            raise BadInput("a training recording is too short", "Set a shorter look-back or horizon.")
        return {"past": torch.from_numpy(np.concatenate(past)), "ahead": torch.from_numpy(np.concatenate(ahead))}

    def loss(self, model: nn.Module, batch: Batch) -> torch.Tensor:
        wanted = self.truth(batch)
        known = torch.isfinite(wanted)
        error = torch.where(known, self.outputs(model, batch) - torch.nan_to_num(wanted), 0.0)
        return (error**2).sum() / known.sum().clamp(min=1)

    def outputs(self, model: nn.Module, batch: Batch) -> torch.Tensor:
        return said(model, batch["past"]).float().flatten()

    def truth(self, batch: Batch) -> torch.Tensor:
        return batch["ahead"].flatten()

    def asked(self, model: nn.Module, record: Record, files: FileSource, config: Json) -> Asked:
        return asked_past(record, series_of(record, files, config["channel"], config["step"]), config)

    def score(self, model: nn.Module, sample: Sample, config: Json) -> Metrics:
        forecaster = NetForecaster(model, Shape(**config["shape"]))
        values = sample.example.series.values
        error = forecaster.forecast(values, sample.origins) - targets(values, sample.origins, forecaster.horizon)
        return {"se": float(np.nansum(error**2)), "n": float(np.isfinite(error).sum())}

    def closer(self, model: nn.Module, sample: Sample, config: Json) -> Metrics:
        """MASE (Hyndman and Koehler 2006): the mean error in units of that of saying, step by step, "as now"."""
        forecaster = NetForecaster(model, Shape(**config["shape"]))
        values = sample.example.series.values
        error = forecaster.forecast(values, sample.origins) - targets(values, sample.origins, forecaster.horizon)
        steps = np.abs(np.diff(values))
        if not np.isfinite(error).any() or not np.nansum(steps):
            return {}
        return {"MASE": float(np.nanmean(np.abs(error)) / np.nanmean(steps))}

    def facts(self, config: Json) -> Json:
        return {"network": config["network"], "step_minutes": config["step"] / 60, **config["shape"]}


def _taken_over(base: Json, settings: Settings) -> Json:
    """The base's config; one that filled in hidden patches foretold nothing yet, so its horizon is set here."""
    own = {name: one for name, one in base.items() if name != "hidden"}
    if "hidden" in base and "horizon" in settings and "hidden" not in settings:
        own["shape"] = {**base["shape"], "horizon": int(settings["horizon"])}
        own["season"] = int(settings["season"]) or season_of(base["step"])
    return {**own, "windows": int(settings["windows"])}


def example_of(case: Case, config: Json, bench: Workbench) -> Example:
    """The case's series and the part of it that the case may use."""
    series = series_of(case.record, bench.files(case.record), config["channel"], config["step"])
    begin, end = (round(share * len(series.values)) for share in later.span_of(case.record))
    return Example(case.record.id, case.patient, series, begin, end)


def train(request: TrainRequest, bench: Workbench) -> Iterator[Event]:
    """Train by the loop, then calibrate bands on the validation part and backtest beside the last value."""
    settings = resolve(PATCHTST_SETTINGS, request.settings)
    request = replace(request, cases=forecastable(request.cases))
    if later.needed(request.cases, str(settings["split"])):
        divided, wrapped = later.divided(request), later.LaterBench(bench)
        return later.renamed(_trained(divided, wrapped, settings))
    return _trained(request, bench, settings)


def _trained(request: TrainRequest, bench: Workbench, settings: Settings) -> Iterator[Event]:
    step = request.base.config["step"] if request.base else float(settings["step"]) * 60
    channel = request.base.config["channel"] if request.base else str(settings["channel"])
    for event in fit(PatchRecipe(channel, step), request, bench):
        if isinstance(event, Evaluation):
            continue  # the loop measures without bands; both are measured with them at the end
        if isinstance(event, Finished):
            yield from _judged(event, request, bench)
        else:
            yield event


def _judged(finished: Finished, request: TrainRequest, bench: Workbench) -> Iterator[Event]:
    config = finished.config
    shape = Shape(**config["shape"])
    made = NetForecaster(ready(network(config), config, finished.weights), shape)
    examples = [(case.part, example_of(case, config, bench)) for case in request.cases]
    names = ("train", "validation", "test")
    by_part = [tuple(one for part, one in examples if part == name) for name in names]
    parts = Parts(by_part[0], by_part[1], by_part[2], False, config["step"], config["season"], ())
    held = parts.calibration or parts.train
    before: Forecaster = _base_of(request, bench) or LastValue(shape.horizon)
    old = fit_bands([(before, one) for one in held], parts, shape.lookback)
    bands = fit_bands([(made, one) for one in held], parts, shape.lookback)
    yield Evaluation("before", measured(before, parts, shape.lookback, old))
    after = measured(made, parts, shape.lookback, bands)
    yield Evaluation("after", after)
    kept = {"low": bands.low.tolist(), "high": bands.high.tolist(), "floor": bands.floor}
    facts = {**finished.facts, "backtest": table(list(after.values()))}
    yield replace(finished, config={**config, "bands": kept}, facts=facts)


def _base_of(request: TrainRequest, bench: Workbench) -> NetForecaster | None:
    if request.base is None or "hidden" in request.base.config:
        return None  # a base that filled in hidden patches has foretold nothing yet
    config = request.base.config
    model = ready(network(config), config, bench.weights(request.base.id))
    return NetForecaster(model, Shape(**config["shape"]))


class PatchPredictor:
    """A transformer forecast model, loaded once for many predictions."""

    def __init__(self, model: ModelInfo, weights: bytes) -> None:
        self._config = model.config
        made = ready(network(self._config), self._config, weights)
        self._forecaster = NetForecaster(made, Shape(**self._config["shape"]))
        kept = self._config["bands"]
        self._bands = Bands(np.array(kept["low"]), np.array(kept["high"]), float(kept["floor"]))

    def predict(self, record: Record, files: FileSource, report: ReportProgress) -> PredictionDraft:
        """The forecast after the recording's end."""
        report(0.2, "Reading")
        series = series_of(record, files, self._config["channel"], self._config["step"])
        report(0.5, "Forecasting")
        lookback = self._forecaster.shape.lookback
        return forecast_payload.draft(self._forecaster, self._bands, lookback, self._config["season"], series)
