"""The recipe "beats": a small convolutional network that names the beats a detector has found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy import ndimage
from torch import nn
from torch.nn import functional

from medstation.api import (
    BadInput,
    Case,
    Evaluation,
    Event,
    FileSource,
    Finding,
    Finished,
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
from medstation.learning.network import ready
from medstation.learning.recipe import Settings, batched, device_of
from medstation_signals import events, later
from medstation_signals.asking import asked_beats
from medstation_signals.beat_score import counted, labelled_beats, table
from medstation_signals.class_settings import BEAT_METRICS, BEAT_SETTINGS
from medstation_signals.events import CLASS_TITLES, CLASSES
from medstation_signals.qrs import beats_of, ecg_channel
from medstation_signals.reading import load
from medstation_signals.recording import Channel

RATE, BEFORE, AFTER = 128.0, 0.32, 0.43
LENGTH = int(RATE * (BEFORE + AFTER))
RHYTHM = 4
"""Numbers beside a beat's shape: the intervals before and after it, against the usual one and each other."""
_AT_ONCE = 2048


@dataclass(frozen=True)
class Sample:
    """Labelled beats to learn from (shapes (n, LENGTH), rhythms (n, RHYTHM), targets (n,)); and found ones to judge."""

    shapes: np.ndarray
    rhythms: np.ndarray
    targets: np.ndarray
    truth: np.ndarray
    found: np.ndarray
    found_shapes: np.ndarray
    found_rhythms: np.ndarray


def train(request: TrainRequest, bench: Workbench) -> Iterator[Event]:
    """Fine-tune or train from scratch; tested within recordings where no person is kept for it."""
    if later.needed(request.cases, str(request.settings.get("split", "auto"))):
        return _reported(later.renamed(fit(BeatRecipe(), later.divided(request), later.LaterBench(bench))))
    return _reported(fit(BeatRecipe(), request, bench))


def _reported(made: Iterator[Event]) -> Iterator[Event]:
    """The events, with precision and sensitivity of each class at the end."""
    after: list[dict[str, float]] = []
    for event in made:
        if isinstance(event, Evaluation) and event.model == "after":
            after = [dict(one) for one in event.cases.values()]
        if isinstance(event, Finished) and after:
            event = replace(event, facts={**event.facts, "classes": table(after)})
        yield event


def cut(channel: Channel, moments: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Shapes (n, LENGTH) float32 around beats at `moments` (seconds), in units of the usual beat, and rhythms."""
    seconds, values = channel.seconds(), np.nan_to_num(channel.physical())
    offsets = (np.arange(LENGTH) - int(BEFORE * RATE)) / RATE
    shapes = np.interp(moments[:, None] + offsets, seconds, values).astype(np.float32)
    shapes -= np.median(shapes, axis=1, keepdims=True)
    if len(shapes):
        shapes /= np.median(np.ptp(shapes, axis=1)) + 1e-9
    return np.clip(shapes, -5, 5), _rhythms(moments)


def _rhythms(moments: np.ndarray) -> np.ndarray:
    if len(moments) < 3:
        return np.zeros((len(moments), RHYTHM), np.float32)
    rr = np.diff(moments)
    before, after = np.concatenate([rr[:1], rr]), np.concatenate([rr, rr[-1:]])
    usual = ndimage.median_filter(after, 21, mode="nearest")
    made = np.stack([before / usual, after / usual, before / after, np.minimum(before, after) / usual], axis=1)
    return np.asarray(np.clip(np.log(np.maximum(made, 0.05)), -2, 2), np.float32)


class BeatNetwork(nn.Module):
    """Two convolutions over a beat's shape, joined with its rhythm."""

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        self.shape = nn.Sequential(
            nn.Conv1d(1, width, 9, padding=4), nn.BatchNorm1d(width), nn.GELU(), nn.MaxPool1d(3),
            nn.Conv1d(width, 2 * width, 7, padding=3), nn.BatchNorm1d(2 * width), nn.GELU(), nn.AdaptiveAvgPool1d(8),
            nn.Flatten(),
        )  # fmt: skip
        self.head = nn.Sequential(
            nn.Linear(16 * width + RHYTHM, 4 * width), nn.GELU(), nn.Dropout(0.3), nn.Linear(4 * width, classes)
        )

    def forward(self, shapes: torch.Tensor, rhythms: torch.Tensor) -> torch.Tensor:
        return self.head(torch.cat([self.shape(shapes[:, None]), rhythms], dim=1))  # type: ignore[no-any-return]


class BeatRecipe(LearningRecipe[Sample]):
    """What the loop asks for (see `medstation.learning.Recipe`)."""

    settings = BEAT_SETTINGS
    metrics = BEAT_METRICS
    inputs = "shapes"
    decides = "classes"

    def survey(self, case: Case, bench: Workbench) -> Json:
        moments, kinds = labelled_beats(bench.label(case.label))
        kept = _within(case.record, moments)
        return {"classes": dict(Counter(CLASSES[kind] for kind in kinds[kept].tolist()))}

    def plan(self, surveys: Sequence[Json], settings: Settings, base: Json | None) -> Json:
        counts: Counter[str] = Counter()
        for one in surveys:
            counts.update(one["classes"])
        names = [name for name in CLASSES if counts[name] or (base and name in base["classes"])]
        if not names:
            raise BadInput("no training case has labelled beats", "Import beat annotations with the recordings.")
        return {
            "classes": names,
            "width": base["width"] if base else int(settings["width"]),
            "beats_per_batch": int(settings["beats_per_batch"]),
            "steps": int(settings["steps"]),
            "counts": dict(counts),
        }

    def build(self, config: Json) -> nn.Module:
        return BeatNetwork(int(config["width"]), len(config["classes"]))

    def prepare(self, case: Case, config: Json, bench: Workbench) -> Sample:
        recording = load(case.record, bench.files(case.record))
        channel = ecg_channel(recording)
        if channel is None:
            raise BadInput(f"{case.record.title!r} has no ECG", "Leave it out of the data set.")
        truth, kinds = labelled_beats(bench.label(case.label))
        shapes, rhythms = cut(channel, truth)
        found = beats_of(channel)
        found_shapes, found_rhythms = cut(channel, found)
        mine, seen = _within(case.record, truth), _within(case.record, found)
        places = np.array([config["classes"].index(name) if name in config["classes"] else -1 for name in CLASSES])
        return Sample(shapes[mine], rhythms[mine], places[kinds[mine]], np.stack([truth[mine], kinds[mine]], axis=1),
                      found[seen], found_shapes[seen], found_rhythms[seen])  # fmt: skip

    def size(self, sample: Sample) -> int:
        return sample.shapes.nbytes + sample.found_shapes.nbytes

    def order(self, count: int, config: Json, settings: Settings, rng: np.random.Generator) -> list[list[int]]:
        several = np.repeat(np.arange(count), int(config["steps"]))
        return batched(rng.permutation(several).tolist(), int(settings["batch_size"]))

    def batch(self, samples: Sequence[Sample], config: Json, rng: np.random.Generator) -> Batch:
        picked = [self._draw(sample, config, rng) for sample in samples]
        shapes, rhythms, targets = (np.concatenate([one[part] for one in picked]) for part in range(3))
        factor = rng.uniform(0.8, 1.25, (len(shapes), 1)).astype(np.float32)
        noise = rng.normal(0, 0.02, shapes.shape).astype(np.float32)
        return {
            "shapes": torch.from_numpy(shapes * factor + noise),
            "rhythms": torch.from_numpy(rhythms + rng.normal(0, 0.03, rhythms.shape).astype(np.float32)),
            "targets": torch.from_numpy(targets.astype(np.int64)),
        }

    def _draw(
        self, sample: Sample, config: Json, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Beats of one recording: rare classes are drawn more often, by the square root of how rare they are."""
        known = np.flatnonzero(sample.targets >= 0)
        if not len(known):
            raise BadInput("a training recording has no labelled beats", "Leave it out of the data set.")
        sizes = np.bincount(sample.targets[known], minlength=len(config["classes"]))
        chance = 1 / np.sqrt(sizes[sample.targets[known]])
        picked = rng.choice(known, int(config["beats_per_batch"]), p=chance / chance.sum())
        return sample.shapes[picked], sample.rhythms[picked], sample.targets[picked]

    def loss(self, model: nn.Module, batch: Batch) -> torch.Tensor:
        return functional.cross_entropy(self.outputs(model, batch), batch["targets"])

    def outputs(self, model: nn.Module, batch: Batch) -> torch.Tensor:
        scores: torch.Tensor = model(batch["shapes"], batch["rhythms"]).float()
        return scores

    def truth(self, batch: Batch) -> torch.Tensor:
        return batch["targets"]

    def asked(self, model: nn.Module, record: Record, files: FileSource, config: Json) -> Asked:
        moments, channel = found_in(record, files)
        shapes, rhythms = cut(channel, moments)
        with torch.inference_mode():
            chances = chances_of(model, shapes, rhythms)
        return asked_beats(moments, shapes, rhythms, chances, [CLASS_TITLES[name] for name in config["classes"]])

    def score(self, model: nn.Module, sample: Sample, config: Json) -> Metrics:
        chances = chances_of(model, sample.found_shapes, sample.found_rhythms)
        said = np.array([CLASSES.index(name) for name in config["classes"]])[chances.argmax(axis=1)]
        return counted(sample.found, said, sample.truth[:, 0], sample.truth[:, 1].astype(int))

    def facts(self, config: Json) -> Json:
        return {"classes": config["classes"], "beats": config["counts"]}


def _within(record: Record, moments: np.ndarray) -> np.ndarray:
    """Which moments the case may use (bool)."""
    begin, end = later.span_of(record)
    whole = float(record.meta.get("duration_s") or 0.0)
    return np.asarray((moments >= begin * whole) & ((moments < end * whole) | (end >= 1)))


def chances_of(model: nn.Module, shapes: np.ndarray, rhythms: np.ndarray) -> np.ndarray:
    """Probabilities (n, classes)."""
    device, made = device_of(model), []
    for begin in range(0, max(len(shapes), 1), _AT_ONCE):
        part = [torch.from_numpy(np.ascontiguousarray(one[begin : begin + _AT_ONCE])) for one in (shapes, rhythms)]
        made.append(torch.softmax(model(*(one.to(device) for one in part)).float(), dim=1).cpu().numpy())
    return np.concatenate(made)


def found_in(
    record: Record, files: FileSource, report: ReportProgress = lambda done, text: None
) -> tuple[np.ndarray, Channel]:
    """The beats (s) that a detector finds in the record's ECG, at least one, and the channel they are in."""
    channel = ecg_channel(load(record, files, report))
    if channel is None:
        raise BadInput(f"{record.title!r} has no ECG", "Choose another recording.")
    report(0.9, "Finding beats")
    moments = beats_of(channel)
    if not len(moments):
        raise BadInput(f"no beats were found in {record.title!r}", "The signal may be too short or too noisy.")
    return moments, channel


class BeatPredictor:
    """A beat model, loaded once for many predictions."""

    def __init__(self, model: ModelInfo, weights: bytes) -> None:
        self._classes = list(model.config["classes"])
        network = BeatNetwork(int(model.config["width"]), len(self._classes))
        self._network = ready(network, model.config, weights)

    def predict(self, record: Record, files: FileSource, report: ReportProgress) -> PredictionDraft:
        """All beats with their class and how sure the model is of it."""
        moments, channel = found_in(record, files, lambda done, text: report(0.5 * done, text))
        report(0.6, "Naming beats")
        with torch.inference_mode():
            chances = chances_of(self._network, *cut(channel, moments))
        best = chances.argmax(axis=1)
        made = [
            events.event(at, None, self._classes[kind], round(float(chances[number, kind]), 3))
            for number, (at, kind) in enumerate(zip(moments.tolist(), best.tolist(), strict=True))
        ]
        return PredictionDraft("events", events.encode(made), self._findings(moments, best, chances),
                               float(chances.max(axis=1).mean()), events.summary_of(made))  # fmt: skip

    def _findings(self, moments: np.ndarray, best: np.ndarray, chances: np.ndarray) -> tuple[Finding, ...]:
        """How many beats of each class, and where the surest of it is."""
        made = []
        for kind, name in enumerate(self._classes):
            mine = np.flatnonzero(best == kind)
            if len(mine):
                surest = mine[np.argmax(chances[mine, kind])]
                share = f"{100 * len(mine) / len(best):.1f} % of {len(best)} beats"
                made.append(
                    Finding(CLASS_TITLES[name], share, str(len(mine)), float(chances[mine, kind].mean()),
                            CLASSES.index(name), {"time_s": float(moments[surest])})
                )  # fmt: skip
        return tuple(made)
