"""Fine-tune a model: from a recipe, settings and a data set to a candidate with its proof."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict

from medstation.actions import datasets
from medstation.actions.approving import UNTRAINED, evidence
from medstation.actions.comparing import compare_cases, verdict_text, with_verdicts
from medstation.actions.evaluating import by_group
from medstation.actions.judging import judge
from medstation.actions.requesting import pinned, request_of
from medstation.actions.workstation import Bench, Workstation, at_work
from medstation.api import (
    BadInput,
    Checkpoint,
    Evaluation,
    Event,
    FileSource,
    Finished,
    Json,
    MedStationError,
    Metric,
    ModelInfo,
    Progress,
    Recipe,
    Record,
    Refused,
    Started,
    Stopped,
    TaskSpec,
    resolve,
    resolve_ref,
)
from medstation.api.encoding import event_to_json
from medstation.jobs import Desk, Job
from medstation.learning.combining import Cases
from medstation.library import DataSet, Library, Run

KEPT_EVENTS = (Started, Metric, Evaluation)


def start(
    ws: Workstation,
    task: str,
    recipe: str,
    dataset: str,
    base: str = "",
    settings: Mapping[str, object] | None = None,
    name: str = "",
    seed: int = 0,
) -> tuple[Run, Job]:
    """Start a run in a worker; the job's events are those of `medstation.api.work` as JSON.

    Result: {"run", "model", "before", "after", "difference", "epochs", "stopped", "seconds", ...}.
    """
    spec, chosen = ws.registry.recipe(recipe, task=task)
    cases = cases_for(ws, spec, chosen, dataset)
    start_from = starting_point(ws, spec, chosen, base)
    values = pinned(ws.library, spec, chosen, resolve(chosen.settings, settings or {}))
    model_name = name or (start_from.name if start_from else f"{cases.name}-{chosen.id}")
    base_id = start_from.id if start_from else ""
    run = ws.library.create_run(model_name, spec.id, chosen.id, cases.name, base_id, values, seed)
    return run, _submit(ws, run)


def cases_for(ws: Workstation, spec: TaskSpec, recipe: Recipe, dataset: str) -> DataSet:
    """The data set, if the recipe can be run here and learn from it; else `BadInput`."""
    missing = ws.registry.missing(spec.id)
    if missing:
        raise BadInput(f"{spec.title} lacks {missing[0].module}", missing[0].install)
    cases = ws.library.dataset(dataset)
    _check_fits(recipe, spec, cases)
    return cases


def starting_point(ws: Workstation, spec: TaskSpec, recipe: Recipe, base: str) -> ModelInfo | None:
    """The model to start from, None for from scratch; `BadInput` where the recipe cannot start from it."""
    if not base:
        return None
    model = ws.library.model(base)
    if model.task != spec.id or model.recipe not in (recipe.id, *recipe.bases):
        raise BadInput(
            f"{model.name} was made by the recipe {model.recipe}, not by {recipe.id}",
            "Choose a model of the same recipe, or start from scratch.",
        )
    return model


def resume(ws: Workstation, run_id: str) -> tuple[Run, Job]:
    """Go on with a run from its last checkpoint."""
    run = ws.library.run(run_id)
    if run.state in ("running", "done"):
        raise BadInput(f"{run.id} is {run.state}", "Only a stopped, failed or interrupted run can be resumed.")
    return run, _submit(ws, run)


def _submit(ws: Workstation, run: Run) -> Job:
    request = {"run": run.id, "user": ws.library.user}
    return ws.pool.submit("medstation.actions.finetuning:work", request, title=f"Fine-tune {run.name}", background=True)


def _check_fits(recipe: Recipe, spec: TaskSpec, cases: DataSet) -> None:
    if not datasets.fits(cases, spec, recipe):
        holds = f"{cases.label_kind!r} labels" if cases.label_kind else "records without labels"
        needs = f"{recipe.label_kind!r} labels" if recipe.label_kind else "no labels"
        raise BadInput(
            f"the data set {cases.name} holds {holds} of {cases.task} ({', '.join(cases.record_kinds)}); "
            f"{recipe.title} needs {needs} of {spec.id} ({', '.join(recipe.record_kinds)})",
            f"Make one for it: `medstation dataset create NAME --recipe {recipe.id}`.",
        )
    if not cases.part("train"):
        raise BadInput(f"the data set {cases.name} has no patients to train on", "Make one with another split.")


def work(request: Json, desk: Desk) -> Json:
    """The worker's side: drive the trainer, store what its events carry, and sum up."""
    with at_work(request, desk) as bench:
        run = bench.library.run(request["run"])
        bench.library.set_run_state(run.id, "running")
        try:
            return _Training(bench, run, desk).drive()
        except Stopped:
            bench.library.set_run_state(run.id, "stopped", "stopped by the user; it can be resumed")
            raise
        except MedStationError as error:
            bench.library.set_run_state(run.id, "failed", error.message)
            raise
        except Exception as error:
            bench.library.set_run_state(run.id, "failed", f"{type(error).__name__}: {error}")
            raise


class RunBench:
    """What a trainer may use, over the library: a `Workbench`."""

    def __init__(self, library: Library, run: Run, desk: Desk) -> None:
        self._library = library
        self._run = run
        self._desk = desk
        self._asked = 0.0
        self._stop = False

    def files(self, record: Record) -> FileSource:
        return self._library.files(record.id)

    def label(self, label_id: str) -> bytes:
        return self._library.label_payload(label_id)

    def weights(self, model_id: str) -> bytes:
        return self._library.weights(model_id)

    def checkpoint(self) -> bytes | None:
        return self._library.checkpoint(self._run.id)

    def stop_requested(self) -> bool:
        """Asked through the job, or from another program through the vault (looked at once a second)."""
        if not self._stop and time.monotonic() - self._asked > 1.0:
            self._asked = time.monotonic()
            self._stop = self._library.stop_requested(self._run.id)
        return self._stop or self._desk.stop_requested()


class _Training:
    """One run at work."""

    def __init__(self, bench: Bench, run: Run, desk: Desk) -> None:
        self.library = bench.library
        self.registry = bench.registry
        self.run = run
        self.desk = desk
        self.spec, self.recipe = bench.registry.recipe(run.recipe, task=run.task)
        self.dataset = bench.library.dataset(run.dataset)
        self.base = bench.library.model(run.base) if run.base else None
        self.evaluations: dict[str, Evaluation] = {}
        self.begun = time.monotonic()

    def drive(self) -> Json:
        trainer = resolve_ref(self.recipe.trainer)
        finished: Finished | None = None
        request = request_of(self.library, self.spec, self.recipe, self.run)
        for event in trainer(request, RunBench(self.library, self.run, self.desk)):
            self._keep(event)
            if isinstance(event, Finished):
                finished = event
        if finished is None:
            raise Refused(f"the trainer of {self.recipe.title} ended without a model", "Tell the plugin's publisher.")
        return self._sum_up(finished)

    def _keep(self, event: Event) -> None:
        """Whatever lasts is stored before the trainer goes on."""
        if isinstance(event, Checkpoint):
            self.library.save_checkpoint(self.run.id, event.epoch, event.data)
        if isinstance(event, Evaluation):
            self.evaluations[event.model] = event
        if isinstance(event, KEPT_EVENTS):
            self.library.add_run_event(self.run.id, event_to_json(event))
        if isinstance(event, Progress):
            self.desk.report(event.done, event.text)
        else:
            self.desk.event(event_to_json(event))

    def _sum_up(self, finished: Finished) -> Json:
        results = self._results(finished)
        model = self._store_model(finished, results)
        results["model"] = f"{model.name}@{model.version}"
        results["model_id"] = model.id
        self.library.finish_run(self.run.id, model.id, results)
        results["judged"] = self._judged(model)
        return results

    def _judged(self, model: ModelInfo) -> Json:
        """What the gate says of the model beside what it started from; kept on its card."""
        before, after = self._measured("before"), self._measured("after")
        rival = f"{self.base.name}@{self.base.version}" if self.base else UNTRAINED
        bench, metric = Bench(self.library, self.registry), self.recipe.metrics[0]
        verdict = judge(evidence(bench, model, metric, rival, before, after, self._tested(), self.base)).to_json()
        self.library.note_on_card(model.id, "judged", verdict)
        return verdict

    def _measured(self, which: str) -> Cases:
        return self.evaluations[which].cases if which in self.evaluations else {}

    def _tested(self) -> list[Record]:
        return [self.library.record(item.record_id) for item in self.dataset.part("test")]

    def _results(self, finished: Finished) -> Json:
        """What was measured; nothing, and zero patients, where the data set keeps nobody for the test."""
        patients = {item.record_id: item.patient for item in self.dataset.items}
        before, after = self._measured("before"), self._measured("after")
        metrics = [
            asdict(compare_cases(metric, before, after, patients, self.run.seed))
            for metric in self.recipe.metrics
            if before and after
        ]
        return {
            "run": self.run.id,
            "before": {one["name"]: one["before"] for one in metrics},
            "after": {one["name"]: one["after"] for one in metrics},
            "difference": {one["name"]: {**one["difference"], "says": verdict_text(one)} for one in metrics},
            "patients": len({patients[record] for record in after}),
            **by_group(self.recipe.metrics, after, self._tested()),
            "forgetting": with_verdicts(finished.facts.get("examined", {}).get("forgetting", {}), self.recipe.metrics),
            "epochs": finished.epochs,
            "best_epoch": finished.best_epoch,
            "stopped": finished.stopped,
            "seconds": round(time.monotonic() - self.begun, 1),
            "facts": finished.facts,
        }

    def _store_model(self, finished: Finished, results: Json) -> ModelInfo:
        parts = dict.fromkeys(("train", "validation", "test"), 0)
        for item in self.dataset.items:
            parts[item.part] += 1
        card = {
            "dataset": self.dataset.name,
            "cases": parts,
            "base": f"{self.base.name}@{self.base.version}" if self.base else "",
            "settings": dict(self.run.settings),
            "seed": self.run.seed,
            "before": results["before"],
            "test": results["after"],
            "test_patients": results["patients"],
            "difference": results["difference"],
            "subgroups": results["subgroups"],
            "gaps": results["gaps"],
            "forgetting": results["forgetting"],
            "examined": finished.facts.get("examined", {}),
            "notes": finished.facts.get("notes", []),
            "epochs": finished.epochs,
            "stopped": finished.stopped,
        }
        weights, config = finished.weights, finished.config
        return self.library.add_model(self.run.name, self.spec.id, self.recipe.id, weights, config, card, self.run.id)
