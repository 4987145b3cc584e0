"""One epoch of training. Every chance in it comes from (seed, epoch, index), so a resumed run repeats it exactly."""

from __future__ import annotations

import time
from collections.abc import Generator

import numpy as np

from medstation.api import Event, Metric, Progress
from medstation.learning.recipe import Batch, Sample, batched
from medstation.learning.run import Run

REPORTS_PER_EPOCH = 4

TRAINING = (0.1, 0.9)
"""The part of the whole work that is training."""

_ORDER, _BATCH = 0, 1
"""Apart, so that the order and the first batch of an epoch don't draw the same numbers."""


class Interrupted(Exception):
    """Training ends now; `why` is "user" or "early"."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def train_epoch(run: Run[Sample], epoch: int) -> Generator[Event, None, float]:
    """Progress and a few values of "loss/train" on the way; returns the epoch's mean loss. Raises `Interrupted`."""
    order = run.recipe.order(len(run.parts.train), run.config, run.settings, _rng(run, epoch, _ORDER))
    groups = batched(list(range(len(order))), int(run.settings["accumulation"]))
    every = max(1, len(groups) // REPORTS_PER_EPOCH)
    begun, losses, recent = time.monotonic(), [], []
    for index, group in enumerate(groups):
        _check(run, begun)
        loss = run.training.step([_batch(run, epoch, one, order[one]) for one in group], run.recipe.loss)
        losses.append(loss)
        recent.append(loss)
        done = (index + 1) / len(groups)
        yield Progress(overall(run, epoch, done), f"Epoch {epoch} of {run.epochs}, loss {loss:.3f}")
        if len(recent) == every and index + 1 < len(groups):
            yield Metric(epoch - 1 + done, {"loss/train": sum(recent) / len(recent)})
            recent = []
    return sum(losses) / len(losses)


def _batch(run: Run[Sample], epoch: int, index: int, chosen: list[int]) -> Batch:
    samples = [run.samples[run.parts.train[number]] for number in chosen]
    return run.recipe.batch(samples, run.config, _rng(run, epoch, _BATCH, index))


def _rng(run: Run[Sample], *place: int) -> np.random.Generator:
    return np.random.default_rng((run.seed, *place))


def _check(run: Run[Sample], begun: float) -> None:
    if run.bench.stop_requested():
        raise Interrupted("user")
    limit = float(run.settings["time_limit"])
    if limit and run.course.minutes + (time.monotonic() - begun) / 60 >= limit:
        raise Interrupted("early")


def overall(run: Run[Sample], epoch: int, done: float) -> float:
    """How much of the whole work is done when `epoch` is done to the part `done`."""
    start, end = TRAINING
    return min(end, start + (end - start) * (epoch - 1 + done) / run.epochs)
