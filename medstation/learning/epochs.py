"""One epoch of training. Every chance in it comes from (seed, epoch, index), so a resumed run repeats it exactly."""

from __future__ import annotations

import time
from collections.abc import Generator

import numpy as np
import torch

from medstation.api import Event, Metric, Progress
from medstation.learning.recipe import Sample, batched, cut
from medstation.learning.run import Run
from medstation.learning.technique import Step

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
    """Progress and a few values of "loss/train" on the way; returns the epoch's mean loss.

    Raises `Interrupted`, and `Diverged` when the loss is no number.
    """
    steps = _steps(run, epoch)
    every = max(1, len(steps) // REPORTS_PER_EPOCH)
    begun, losses, recent = time.monotonic(), [], []
    for index, step in enumerate(steps):
        _check(run, begun)
        loss = _step(run, epoch, index, step)
        losses.append(loss)
        recent.append(loss)
        done = (index + 1) / len(steps)
        yield Progress(overall(run, epoch, done), f"Epoch {epoch} of {run.epochs}, loss {loss:.3f}")
        if len(recent) == every and index + 1 < len(steps):
            yield Metric(epoch - 1 + done, {"loss/train": sum(recent) / len(recent)})
            recent = []
    return sum(losses) / len(losses)


def _steps(run: Run[Sample], epoch: int) -> list[Step]:
    rng = _rng(run, epoch, _ORDER)
    order = run.recipe.order(len(run.parts.train), run.config, run.settings, rng)
    steps = batched(order, int(run.settings["accumulation"]))
    for technique in run.training.techniques:
        steps = technique.steps(steps, run.stage, rng)
        technique.epoch(run.training.network, epoch, run.epochs)
    return steps


def _step(run: Run[Sample], epoch: int, index: int, step: Step) -> float:
    """One step. Where memory runs out, the same samples in smaller batches, added up: slower, with an equal result."""
    while True:
        batches = [
            run.stage.batch(some, _rng(run, epoch, _BATCH, index, number))
            for number, some in enumerate(piece for places in step for piece in cut(places, run.course.pieces))
        ]
        try:
            return run.training.step(batches, run.recipe.loss)
        except (MemoryError, RuntimeError) as error:
            largest = max(len(places) for places in step)
            if not _ran_out_of_memory(error) or run.course.pieces >= largest:
                raise
        run.training.clear()
        run.course.pieces *= 2
        run.course.notes.append(
            f"Memory ran out: from epoch {epoch} on each batch is computed in {run.course.pieces} parts, one by one."
        )


def _ran_out_of_memory(error: Exception) -> bool:
    words = str(error).lower()
    told = "out of memory" in words or "can't allocate memory" in words or "not enough memory" in words
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or told


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
