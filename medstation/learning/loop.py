"""The loop: one for every task. It reads like a contents page; each line's detail is in the module it names."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence

from medstation.api import (
    BadInput,
    Case,
    Checkpoint,
    Evaluation,
    Event,
    Finished,
    Json,
    Metric,
    Progress,
    Started,
    TrainRequest,
    Workbench,
    resolve,
)
from medstation.learning import device
from medstation.learning.calibrating import calibrated
from medstation.learning.epochs import Interrupted, overall, train_epoch
from medstation.learning.evaluation import Scores, evaluated, summarised
from medstation.learning.examination import Exam
from medstation.learning.examinations import examined
from medstation.learning.parts import split
from medstation.learning.recipe import LOSS, Recipe, Sample
from medstation.learning.run import Run, opened
from medstation.learning.training import Diverged
from medstation.learning.weights import pack

BEFORE, AFTER = (0.05, 0.1), (0.9, 1.0)
"""The parts of the whole work that are the two evaluations on the test cases."""


def fit(recipe: Recipe[Sample], request: TrainRequest, bench: Workbench) -> Iterator[Event]:
    """Fine-tune `request.base`, or train from scratch, on the training cases; keep the epoch that validates best.

    The test cases are judged before and after by the same function and never looked at in between. Resumes from
    `bench.checkpoint()` to the same losses. Raises `BadInput` for cases that can't be used and for a loss that is no
    number before one epoch is done, `WrongUsage` for wrong settings.
    """
    settings = resolve(recipe.settings, request.settings)
    parts = split(request.cases, recipe.labelled)
    with device.opened(settings, request.seed) as accelerator:
        run = yield from opened(recipe, request, bench, settings, parts, accelerator)
        yield Started(run.epochs, run.facts)
        yield from _judge_before(run)
        ended = yield from _train(run)
        found = yield from _judge_after(run)
        yield _finished(run, ended, found)


def _train(run: Run[Sample]) -> Generator[Event, None, str]:
    """Epochs until the last, until nothing gets better, or until the user says stop; returns which."""
    course = run.course
    try:
        while course.epoch < run.epochs:
            if course.is_stale(int(run.settings["patience"])) or _ended(run):
                return "early"
            yield from _one_epoch(run, course.epoch + 1)
    except Interrupted as interruption:
        return interruption.why
    except Diverged as fault:
        return _after_diverging(run, fault)
    return "completed"


def _ended(run: Run[Sample]) -> bool:
    """Whether a technique says that it is enough (a privacy budget is spent); its reason becomes a note."""
    reasons = [reason for technique in run.training.techniques if (reason := technique.ended())]
    run.course.notes += reasons
    return bool(reasons)


def _after_diverging(run: Run[Sample], fault: Diverged) -> str:
    """Keep the best epoch, if there is one; else there is nothing to keep and the run fails."""
    lower = float(run.settings["learning_rate"]) / 10
    if not run.course.best:
        raise BadInput(
            f"training stopped: {fault}",
            f"Start again with a lower learning_rate, such as {lower:g}, or gradient_clip=1.",
        ) from fault
    run.course.notes.append(
        f"Training stopped: {fault}. The best epoch, {run.course.best_epoch}, is kept. "
        f"A lower learning_rate, such as {lower:g}, may go on longer."
    )
    return "early"


def _one_epoch(run: Run[Sample], epoch: int) -> Generator[Event, None, None]:
    begun = time.monotonic()
    rate = run.training.rate
    values = {"loss/train": (yield from train_epoch(run, epoch)), "learning_rate": rate}
    for technique in run.training.techniques:
        values |= technique.values()
    scores = yield from _judged(run, run.parts.validation, f"Epoch {epoch}: validation", _now(run, epoch))
    measured = summarised(scores, run.recipe.metrics)
    loss = measured.pop(LOSS, None)
    values |= measured if loss is None else {"loss/validation": loss, **measured}
    run.course.closed_epoch(epoch, measured.get(run.recipe.metrics[0].name), run.training.weights(), values)
    run.course.minutes += (time.monotonic() - begun) / 60
    yield Metric(epoch, values)
    yield Checkpoint(epoch, run.training.checkpoint(run.course, run.planned))


def _judge_before(run: Run[Sample]) -> Generator[Event, None, None]:
    """The starting point on the test cases; after an interruption, as it was measured then."""
    if not run.resumed:
        scores = yield from _judged(run, run.parts.test, "Testing the model before training", BEFORE)
        run.course.before = {record: dict(metrics) for record, metrics in _without_loss(scores).items()}
    if run.course.before:
        yield Evaluation("before", run.course.before)


def _judge_after(run: Run[Sample]) -> Generator[Event, None, Json]:
    """The best epoch, calibrated, on the test cases, and what the examinations say of it."""
    if run.course.best:
        run.training.load(run.course.best)
    yield Progress(AFTER[0], "Calibrating on the validation cases")
    calibrated(run)
    scores = yield from _judged(run, run.parts.test, "Testing the best epoch", AFTER)
    if scores:
        yield Evaluation("after", _without_loss(scores))
    model = run.training.model.eval()
    after, given = _without_loss(scores), run.stage.request
    told = {name: value for technique in run.training.techniques for name, value in technique.facts().items()}
    exam = Exam(
        run.recipe, run.config, run.settings, run.seed, model, run.parts, run.samples, after, given, run.bench, told
    )
    return (yield from examined(exam, AFTER[1]))


def _judged(
    run: Run[Sample], cases: Sequence[Case], text: str, span: tuple[float, float]
) -> Generator[Event, None, Scores]:
    return (yield from evaluated(run.recipe, run.training.model, run.samples, cases, run.config, text, span))


def _finished(run: Run[Sample], ended: str, found: Json) -> Finished:
    course = run.course
    weights = pack(run.training.plain_weights())
    facts = {
        "best_value": course.best_value,
        "minutes": round(course.minutes, 2),
        "notes": course.notes,
        "examined": found,
    }
    return Finished(weights, run.config, course.epoch, course.best_epoch, ended, facts)


def _now(run: Run[Sample], epoch: int) -> tuple[float, float]:
    done = overall(run, epoch, 1.0)
    return done, done


def _without_loss(scores: Scores) -> Scores:
    return {record: {name: value for name, value in one.items() if name != LOSS} for record, one in scores.items()}
