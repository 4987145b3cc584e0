"""One run with everything it works with, and how it is made ready: plan, samples, network, starting point."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic

import numpy as np
from accelerate import Accelerator
from torch import nn

from medstation.api import Case, Event, Json, Progress, SettingValue, TrainRequest, Workbench
from medstation.learning import device
from medstation.learning.checkpoint import unpack_state
from medstation.learning.course import Course
from medstation.learning.network import changed, with_changes
from medstation.learning.parts import Parts
from medstation.learning.recipe import Recipe, Sample
from medstation.learning.samples import Samples
from medstation.learning.technique import Stage
from medstation.learning.techniques import chosen
from medstation.learning.training import Training
from medstation.learning.weights import load_matching, unpack

READING = (0.0, 0.05)
"""The part of the whole work that is reading the cases."""


@dataclass(frozen=True)
class Run(Generic[Sample]):
    """What the loop works with. `course` changes as it goes; `resumed` tells that it began from a checkpoint.

    `planned` is the config that the run began with, and begins with again; `config` tells also what techniques added.
    """

    recipe: Recipe[Sample]
    settings: Mapping[str, SettingValue]
    planned: Json
    seed: int
    parts: Parts
    bench: Workbench
    samples: Samples[Sample]
    stage: Stage
    training: Training
    course: Course
    facts: Json
    resumed: bool

    @property
    def config(self) -> Json:
        return self.stage.config

    @property
    def epochs(self) -> int:
        return int(self.settings["epochs"])


def opened(
    recipe: Recipe[Sample],
    request: TrainRequest,
    bench: Workbench,
    settings: Mapping[str, SettingValue],
    parts: Parts,
    accelerator: Accelerator,
) -> Generator[Event, None, Run[Sample]]:
    """Progress events while the cases are read; returns the run, standing at its beginning or at its checkpoint."""
    data = bench.checkpoint()
    saved = unpack_state(data) if data is not None else None
    techniques = chosen(settings)
    beside = [case for technique in techniques for case in technique.surveyed(request)]
    learnt = (*parts.train, *beside)
    config = saved.config if saved else (yield from _planned(recipe, request, bench, settings, learnt))
    for technique in () if saved else techniques:
        config = technique.planned(config, settings)
    samples = Samples(recipe, config, bench)
    yield from _read(samples, parts)
    network = changed(recipe.build(config), config)
    fresh = _start_from_base(network, request, bench)
    resumed = saved is not None
    stage = Stage(recipe, config, settings, request, bench, parts, samples, list(parts.train), resumed=resumed)
    stage.fresh = tuple(fresh)
    for technique in techniques:
        network = technique.begin(network, stage)
        stage.config = with_changes(stage.config, technique.lasting())
    steps = _steps_per_epoch(recipe, len(parts.train), config, settings)
    training = Training(network, accelerator, settings, steps * int(settings["epochs"]), techniques)
    higher = recipe.metrics[0].higher_is_better
    notes = [*parts.notes, *_told(fresh), *stage.notes]
    course = training.restore(saved) if saved else Course(higher_is_better=higher, notes=notes)
    facts = {
        **device.describe(accelerator),
        **_sizes(network),
        "cases": parts.counts,
        "base": f"{request.base.name} {request.base.version}" if request.base else "",
        "seed": request.seed,
        "steps_per_epoch": steps,
        "notes": course.notes,
        **recipe.facts(config),
    }
    stage.notes, stage.weights = course.notes, training.plain_weights
    return Run(recipe, settings, config, request.seed, parts, bench, samples, stage, training, course, facts, resumed)


def _sizes(network: nn.Module) -> Json:
    """How many numbers the network has, and how many of them learn."""
    counts = [(parameter.numel(), parameter.requires_grad) for parameter in network.parameters()]
    return {
        "parameters": sum(count for count, _ in counts),
        "trained_parameters": sum(count for count, learns in counts if learns),
    }


def _planned(
    recipe: Recipe[Sample],
    request: TrainRequest,
    bench: Workbench,
    settings: Mapping[str, SettingValue],
    cases: Sequence[Case],
) -> Generator[Event, None, Json]:
    surveys: list[Json] = []
    for case in cases:
        yield Progress(0.0, "Looking at the cases")
        surveys.append(recipe.survey(case, bench))
    base = request.base.config if request.base else None
    return with_changes(recipe.plan(surveys, settings, base), (base or {}).get("changes", {}))


def _read(samples: Samples[Sample], parts: Parts) -> Generator[Event, None, None]:
    """Make the cases ready ahead of the first step, as many as memory holds."""
    cases: list[Case] = [*parts.train, *parts.validation, *parts.test]
    start, end = READING
    for index, case in enumerate(cases):
        if samples.full:
            return
        yield Progress(start + (end - start) * index / len(cases), f"Reading case {index + 1} of {len(cases)}")
        samples[case]


def _start_from_base(network: nn.Module, request: TrainRequest, bench: Workbench) -> list[str]:
    """Fill the network with the base model's weights; the names of what did not fit."""
    return load_matching(network, unpack(bench.weights(request.base.id))) if request.base else []


def _told(fresh: list[str]) -> list[str]:
    """What did not fit, for the run page."""
    if not fresh:
        return []
    shown = ", ".join(fresh[:4]) + (", ..." if len(fresh) > 4 else "")
    return [f"The base model's classes differ: {len(fresh)} of its tensors were made anew ({shown})."]


def _steps_per_epoch(recipe: Recipe[Sample], count: int, config: Json, settings: Mapping[str, SettingValue]) -> int:
    """Optimizer steps of an epoch; the same for every epoch, since the number of batches does not hang on chance."""
    batches = len(recipe.order(count, config, settings, np.random.default_rng(0)))
    return -(-batches // int(settings["accumulation"]))
