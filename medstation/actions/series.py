"""Several trainings as one run: cross-validation over patients, and the learning curve. They make no model.

Cross-validation leaves the data set's frozen test part alone: the folds are of the other patients, each of whom is
judged once by a model that never met them. The learning curve trains on parts of the training patients and judges each
model on the test part. A run that was interrupted goes on after the last training that was finished.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from medstation.actions import finetuning
from medstation.actions.evaluating import by_group, intervals, patients_of
from medstation.actions.finetuning import RunBench, cases_for, starting_point
from medstation.actions.requesting import pinned, request_of
from medstation.actions.workstation import Bench, Workstation, at_work
from medstation.api import (
    BadInput,
    Case,
    Evaluation,
    Json,
    MedStationError,
    Metrics,
    MetricSpec,
    Progress,
    Stopped,
    TrainRequest,
    WrongUsage,
    resolve,
    resolve_ref,
)
from medstation.jobs import Desk, Job
from medstation.learning.combining import combined
from medstation.learning.extrapolation import outlook
from medstation.library import Run

FOLDS, CURVE = "folds", "curve"
SHARES = (0.25, 0.5, 0.75, 1.0)
MORE = 10
"""Labels more, of which the learning curve says what they would bring."""
KEY = "series"
"""In a run's settings: "folds:5" or "curve:4"."""


@dataclass(frozen=True)
class Step:
    """One training: what it is called, and its cases with the parts they play in it."""

    title: str
    cases: tuple[Case, ...]


def start(
    ws: Workstation,
    task: str,
    recipe: str,
    dataset: str,
    kind: str,
    count: int = 5,
    base: str = "",
    settings: Mapping[str, object] | None = None,
    name: str = "",
    seed: int = 0,
) -> tuple[Run, Job]:
    """`kind` is `FOLDS` (`count` of them) or `CURVE`. The run's results: {"series": {...}}, see `run`."""
    spec, chosen = ws.registry.recipe(recipe, task=task)
    cases = cases_for(ws, spec, chosen, dataset)
    origin = starting_point(ws, spec, chosen, base)
    values = pinned(ws.library, spec, chosen, resolve(chosen.settings, settings or {}))
    count = count if kind == FOLDS else len(SHARES)
    steps(ws.library.cases(cases.name), kind, count, seed)  # said before anything starts
    title = name or f"{cases.name}-{chosen.id}"
    told = {**values, KEY: f"{kind}:{count}"}
    made = ws.library.create_run(title, spec.id, chosen.id, cases.name, origin.id if origin else "", told, seed)
    return made, submit(ws, made)


def resume(ws: Workstation, run_id: str) -> tuple[Run, Job]:
    """Go on with a run of either kind: one training, or several."""
    run = ws.library.run(run_id)
    if KEY not in run.settings or run.state in ("running", "done"):
        return finetuning.resume(ws, run_id)
    return run, submit(ws, run)


def submit(ws: Workstation, run: Run) -> Job:
    """Start or go on."""
    title = f"Cross-validate {run.name}" if run.settings[KEY].startswith(FOLDS) else f"Learning curve of {run.name}"
    return ws.submit("run.create", "medstation.actions.series:work", {"run": run.id}, title, background=True)


def steps(cases: Sequence[Case], kind: str, count: int, seed: int) -> list[Step]:
    """The trainings; `BadInput` where there are too few patients for them."""
    return list(_folds(cases, count, seed) if kind == FOLDS else _sizes(cases, seed))


def _folds(cases: Sequence[Case], count: int, seed: int) -> Iterator[Step]:
    if count < 3:
        raise WrongUsage(f"{count} folds are too few", "Three at least: to learn from, to validate and to test.")
    pool = [case for case in cases if case.part != "test"]
    order = _drawn({case.patient for case in pool}, seed)
    if len(order) < count:
        raise BadInput(
            f"{len(order)} patients outside the test part make no {count} folds", "Use fewer folds or more patients."
        )
    fold_of = {patient: place % count for place, patient in enumerate(order)}
    for fold in range(count):
        parts = {fold: "test", (fold + 1) % count: "validation"}
        chosen = tuple(replace(case, part=parts.get(fold_of[case.patient], "train")) for case in pool)
        yield Step(f"Fold {fold + 1} of {count}", chosen)


def _sizes(cases: Sequence[Case], seed: int) -> Iterator[Step]:
    order = _drawn({case.patient for case in cases if case.part == "train"}, seed)
    if len(order) < len(SHARES):
        raise BadInput(
            f"{len(order)} training patients are too few for a learning curve", f"At least {len(SHARES)} are needed."
        )
    if not any(case.part == "test" for case in cases):
        raise BadInput("the data set keeps no patients for the test", "Make one that does.")
    for share in SHARES:
        mine = set(order[: max(1, round(share * len(order)))])
        chosen = tuple(case for case in cases if case.part != "train" or case.patient in mine)
        yield Step(f"{100 * share:.0f} % of the training patients", chosen)


def _drawn(patients: set[str], seed: int) -> list[str]:
    """Patients in an order of chance, the same on every machine."""
    return sorted(patients, key=lambda one: (hashlib.sha256(f"{seed}\0series\0{one}".encode()).digest(), one))


def work(request: Json, desk: Desk) -> Json:
    """The worker's side. Result: {"run", "series": {...}, "after", "subgroups", "gaps", "patients", "seconds"}."""
    with at_work(request, desk) as bench:
        made = bench.library.run(request["run"])
        bench.library.set_run_state(made.id, "running")
        try:
            return _Series(bench, made, desk).drive()
        except Stopped:
            bench.library.set_run_state(made.id, "stopped", "stopped by the user; it can be resumed")
            raise
        except MedStationError as error:
            bench.library.set_run_state(made.id, "failed", error.message)
            raise
        except Exception as error:
            bench.library.set_run_state(made.id, "failed", f"{type(error).__name__}: {error}")
            raise


class _Series:
    """One such run at work."""

    def __init__(self, bench: Bench, run: Run, desk: Desk) -> None:
        self.library, self.run, self.desk = bench.library, run, desk
        self.spec, self.recipe = bench.registry.recipe(run.recipe, task=run.task)
        self.kind, _, count = str(run.settings[KEY]).partition(":")
        plain = {name: value for name, value in run.settings.items() if name != KEY}
        self.request = request_of(bench.library, self.spec, self.recipe, replace(run, settings=plain))
        self.steps = steps(self.request.cases, self.kind, int(count), run.seed)
        self.begun = time.monotonic()

    def drive(self) -> Json:
        measured = {
            int(event["number"]): dict(event["cases"])
            for event in self.library.run_events(self.run.id)
            if event["event"] == KEY
        }
        for number, step in enumerate(self.steps):
            if number not in measured:
                measured[number] = self._trained(number, step)
                self._tell({"event": KEY, "number": number, "title": step.title, "cases": measured[number]})
        results = self._summed_up([measured[number] for number in range(len(self.steps))])
        self.library.finish_run(self.run.id, "", results)
        return results

    def _trained(self, number: int, step: Step) -> dict[str, Metrics]:
        bench = _Fresh(self.library, self.run, self.desk)
        after: dict[str, Metrics] = {}
        request: TrainRequest = replace(self.request, cases=step.cases)
        for event in resolve_ref(self.recipe.trainer)(request, bench):
            if bench.stop_requested():
                raise Stopped("the run was stopped", f"Go on with: medstation runs resume {self.run.id}")
            if isinstance(event, Progress):
                self.desk.report((number + event.done) / len(self.steps), f"{step.title}: {event.text}")
            if isinstance(event, Evaluation) and event.model == "after":
                after = dict(event.cases)
        return after

    def _tell(self, event: Json) -> None:
        self.library.add_run_event(self.run.id, event)
        self.desk.event(event)

    def _summed_up(self, measured: Sequence[Mapping[str, Metrics]]) -> Json:
        records = list({case.record.id: case.record for case in self.request.cases}.values())
        patients = patients_of(records)
        metrics = self.recipe.metrics
        pooled = (
            {record: one for cases in measured for record, one in cases.items()} if self.kind == FOLDS else measured[-1]
        )
        told = _told_folds(metrics[0], self.steps, measured) if self.kind == FOLDS else self._told_curve(measured)
        judged = [record for record in records if record.id in pooled]
        return {
            "run": self.run.id,
            KEY: {"kind": self.kind, "metric": metrics[0].name, **told},
            "before": {},
            "after": intervals(metrics, pooled, patients),
            "difference": {},
            **by_group(metrics, pooled, judged),
            "patients": len({patients[record] for record in pooled}),
            "seconds": round(time.monotonic() - self.begun, 1),
        }

    def _told_curve(self, measured: Sequence[Mapping[str, Metrics]]) -> Json:
        sizes = [sum(case.part == "train" for case in step.cases) for step in self.steps]
        by_size = dict(zip(sizes, measured, strict=True))
        patients = patients_of(case.record for case in self.request.cases)
        found = outlook(self.recipe.metrics[0], by_size, patients, MORE, self.run.seed)
        steps = [{"cases": size, **asdict(value)} for size, value in zip(found.sizes, found.values, strict=True)]
        return {"steps": steps, "more": found.more, "gain": asdict(found.gain)}


class _Fresh(RunBench):
    """Each training of a series begins anew."""

    def checkpoint(self) -> bytes | None:
        return None


def _told_folds(metric: MetricSpec, steps: Sequence[Step], measured: Sequence[Mapping[str, Metrics]]) -> Json:
    rows = [
        {"title": step.title, "cases": len(cases), "value": combined(metric, cases)}
        for step, cases in zip(steps, measured, strict=True)
    ]
    return {"steps": rows}
