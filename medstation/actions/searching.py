"""Search for settings: short fine-tunings judged on the validation patients alone; the test patients stay unseen."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from medstation.actions.finetuning import cases_for, starting_point
from medstation.actions.workstation import Bench, Workstation, at_work
from medstation.api import (
    BadInput,
    Case,
    FileSource,
    Json,
    MedStationError,
    Metric,
    Progress,
    Recipe,
    Record,
    TrainRequest,
    resolve,
    resolve_ref,
)
from medstation.jobs import Desk, Job
from medstation.learning import space as spaces
from medstation.library import Study

if TYPE_CHECKING:
    from medstation.learning.study import Attempt


def start(
    ws: Workstation,
    task: str,
    recipe: str,
    dataset: str,
    base: str = "",
    settings: Mapping[str, object] | None = None,
    vary: Sequence[str] = (),
    trials: int = 20,
    minutes: float = 60.0,
    seed: int = 0,
) -> tuple[Study, Job]:
    """`vary` as `medstation.learning.space.told` reads it; nothing said varies the usual settings.

    Result: {"study", "trials": [...], "best": {"settings", "value"} or None, "metric", "more": whether time ended it}.
    """
    spec, chosen = ws.registry.recipe(recipe, task=task)
    cases = cases_for(ws, spec, chosen, dataset)
    if not cases.part("validation"):
        raise BadInput(
            f"the data set {cases.name} has no patients for validation", "A search needs them: make another one."
        )
    fixed = dict(settings or {})
    resolve(chosen.settings, fixed)
    space = spaces.told(chosen.settings, vary) if vary else usual(chosen, fixed)
    if not space:
        raise BadInput(f"{chosen.title} has no setting that is usually varied", "Name some: --vary NAME=LOW..HIGH.")
    from_model = starting_point(ws, spec, chosen, base)
    base_id = from_model.id if from_model else ""
    study = ws.library.create_study(spec.id, chosen.id, cases.name, base_id, fixed, spaces.to_json(space), seed)
    return study, _submit(ws, study, trials, minutes)


def usual(recipe: Recipe, fixed: Collection[str]) -> spaces.Space:
    """What a search varies when nothing is said."""
    return spaces.usual(recipe.settings, fixed)


def go_on(ws: Workstation, study_id: str, trials: int = 20, minutes: float = 60.0) -> tuple[Study, Job]:
    """More trials of a study, up to `trials` in all."""
    study = ws.library.study(study_id)
    return study, _submit(ws, study, trials, minutes)


def _submit(ws: Workstation, study: Study, trials: int, minutes: float) -> Job:
    request = {"study": study.id, "trials": trials, "minutes": minutes}
    title = f"Search settings for {study.recipe}"
    return ws.submit("run.create", "medstation.actions.searching:work", request, title, background=True)


def work(request: Json, desk: Desk) -> Json:
    """The worker's side: trial after trial until there are enough, time is up or somebody says stop."""
    from medstation.learning.study import Study as Trials
    from medstation.learning.study import best_of

    with at_work(request, desk) as bench:
        study = bench.library.study(request["study"])
        _, recipe = bench.registry.recipe(study.recipe, task=study.task)
        metric = recipe.metrics[0]
        made = list(study.trials)
        trials = Trials(spaces.from_json(study.space), metric.higher_is_better, study.seed, made)
        until = time.monotonic() + 60 * float(request["minutes"])
        wanted = int(request["trials"])

        def over() -> bool:
            return desk.stop_requested() or time.monotonic() >= until

        while len(made) < wanted and not over():
            desk.report(len(made) / wanted, f"Trial {len(made) + 1} of {wanted}")
            attempt = trials.next()
            trial = _Trial(bench, study, recipe, desk, over).made(attempt, (len(made) / wanted, 1 / wanted))
            if trial is None:
                break
            made.append(trial)
            bench.library.add_trial(study.id, trial)
            desk.event({"event": "trial", "number": len(made), **trial})
        best = best_of(made, metric.higher_is_better)
        return {
            "study": study.id,
            "recipe": study.recipe,
            "dataset": study.dataset,
            "metric": metric.name,
            "trials": made,
            "best": {"settings": {**study.settings, **best["settings"]}, "value": best["value"]} if best else None,
            "more": len(made) < wanted,
        }


class _Trial:
    """One short fine-tuning without the test patients."""

    def __init__(self, bench: Bench, study: Study, recipe: Recipe, desk: Desk, over: Callable[[], bool]) -> None:
        self._bench = bench
        self._study = study
        self._recipe = recipe
        self._desk = desk
        self._over = over
        self._enough = False

    def made(self, attempt: Attempt, span: tuple[float, float]) -> Json | None:
        """The trial, to be stored; None when it was cut off by the end of the search: then it says nothing."""
        try:
            for event in resolve_ref(self._recipe.trainer)(self._request(attempt.settings), self):
                if isinstance(event, Progress):
                    self._desk.report(span[0] + span[1] * event.done, event.text)
                if isinstance(event, Metric) and float(event.epoch).is_integer():
                    told = event.values.get(self._recipe.metrics[0].name)
                    if told is not None and attempt.told(int(event.epoch), float(told)):
                        self._enough = True
        except MedStationError as error:
            return attempt.failed(error.message)
        if self._enough:
            return attempt.pruned()
        if self._over():
            return None
        return attempt.done()

    def _request(self, varied: Json) -> TrainRequest:
        library, study = self._bench.library, self._study
        values = resolve(self._recipe.settings, {**study.settings, **varied})
        items = [item for item in library.dataset(study.dataset).items if item.part != "test"]
        cases = [Case(library.record(item.record_id), item.label_id, item.part) for item in items]
        base = library.model(study.base) if study.base else None
        return TrainRequest(study.id, study.recipe, values, cases, study.seed, base)

    def files(self, record: Record) -> FileSource:
        return self._bench.library.files(record.id)

    def label(self, label_id: str) -> bytes:
        return self._bench.library.label_payload(label_id)

    def weights(self, model_id: str) -> bytes:
        return self._bench.library.weights(model_id)

    def checkpoint(self) -> bytes | None:
        return None

    def stop_requested(self) -> bool:
        return self._enough or self._over()
