"""Suggest which records to label next, for a model to learn the most from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from medstation.actions.predicting import load_predictor
from medstation.actions.requesting import unlabelled
from medstation.actions.workstation import Bench, Workstation, at_work
from medstation.api import BadInput, Case, Json, ModelInfo, Recipe, Record, WrongUsage, resolve_ref
from medstation.jobs import Desk, Job
from medstation.learning.suggestions import Look, chosen
from medstation.vault import rights

MOST = 1000
"""Records that are looked at; of more, so many are drawn by chance."""


def start(ws: Workstation, model: str, dataset: str = "", count: int = 10) -> Job:
    """Result: {"model", "unlabelled", "looked_at", "unreadable", "suggestions": [{"record", "title", "patient",
    "unsure"}]}. Patients that `dataset` (the model's own if empty) validates or tests with are left out."""
    if count < 1:
        raise WrongUsage(f"{count} records cannot be suggested", "Give a count of at least 1.")
    info = ws.library.model(model)
    name = ws.library.dataset(dataset).name if dataset else ""
    request = {"model": info.id, "dataset": name, "count": count}
    title = f"What to label next for {info.name} v{info.version}"
    return ws.submit(rights.PREDICT, "medstation.actions.suggesting:run", request, title)


def run(request: Json, desk: Desk) -> Json:
    with at_work(request, desk) as bench:
        info = bench.library.model(request["model"])
        _, recipe = bench.registry.recipe(info.recipe, task=info.task)
        if not recipe.label_kind:
            raise BadInput(f"{info.name} learns without labels", "Choose a model that learns from labels.")
        cases = unlabelled(bench.library, recipe, info.task, _judging(bench, info, request["dataset"]))
        looked, looks = _look_at(bench, info, _drawn(cases), desk)
        places = chosen(looks, request["count"])
        return {
            "model": f"{info.name}@{info.version}",
            "unlabelled": len(cases),
            "looked_at": len(looked),
            "unreadable": min(len(cases), MOST) - len(looked),
            "suggestions": [_suggestion(looked[place], looks[place]) for place in places],
        }


def _suggestion(record: Record, look: Look) -> Json:
    words = {"record": record.id, "title": record.title, "patient": record.person.key}
    return {**words, "unsure": round(look.unsure, 4)}


def _judging(bench: Bench, info: ModelInfo, dataset: str) -> Sequence[Case]:
    """The cases of the data set that was named, or of the one that the model was made with here."""
    if not dataset:
        made = next((one for one in bench.library.runs(info.task) if one.model == info.id), None)
        dataset = made.dataset if made else ""
    return bench.library.cases(dataset) if dataset else ()


def _drawn(cases: Sequence[Case]) -> list[Record]:
    places = np.random.default_rng(0).permutation(len(cases))[:MOST]
    return [cases[place].record for place in sorted(places.tolist())]


def _look_at(bench: Bench, info: ModelInfo, records: Sequence[Record], desk: Desk) -> tuple[list[Record], list[Look]]:
    """Records that can be read, and what the model thinks of each."""
    desk.report(0.0, "loading the model")
    look = _look(bench, info)
    looked: list[Record] = []
    looks: list[Look] = []
    for number, record in enumerate(records):
        desk.report(number / len(records), f"record {number + 1} of {len(records)}")
        try:
            looks.append(look(record))
        except BadInput:  # counted as unreadable: one such record must not hide the others
            continue
        looked.append(record)
    return looked, looks


def _look(bench: Bench, info: ModelInfo) -> Callable[[Record], Look]:
    """The engine's way of asking a model; where a recipe is not made on it, by the model's own confidence alone."""
    recipe, predictor = load_predictor(bench, info)
    if recipe.engine:
        return _asked_inside(bench, info, recipe)

    def by_confidence(record: Record) -> Look:
        draft = predictor.predict(record, bench.library.files(record.id), lambda done, text: None)
        return Look(1 - (draft.confidence if draft.confidence is not None else 0.5), np.zeros(1))

    return by_confidence


def _asked_inside(bench: Bench, info: ModelInfo, recipe: Recipe) -> Callable[[Record], Look]:
    from medstation.learning.network import ready  # torch, which recipes of other makes do without
    from medstation.learning.onlooker import Onlooker

    engine = resolve_ref(recipe.engine)()
    network = ready(engine.build(info.config), info.config, bench.library.weights(info.id))
    onlooker = Onlooker(engine, network, info.config)
    return lambda record: onlooker.look(record, bench.library.files(record.id))
