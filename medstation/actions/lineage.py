"""Where a model comes from: the runs, models and patients behind it, back to the first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from medstation.api import MedStationError, ModelInfo
from medstation.library import Library, Run


@dataclass(frozen=True)
class Lineage:
    """`patients` had a part in making the model, by training or by choosing its best epoch.

    `unknown` names models in the line of which this vault doesn't know what they learnt from.
    """

    patients: frozenset[str]
    datasets: tuple[str, ...]
    unknown: tuple[str, ...]


def lineage_of(library: Library, model: ModelInfo) -> Lineage:
    """Everything that `model` was made from, in this vault."""
    runs = {run.model: run for run in library.runs() if run.model}
    waiting, seen = [model], {model.id}
    patients: set[str] = set()
    datasets: list[str] = []
    unknown: list[str] = []
    while waiting:
        one = waiting.pop()
        run = runs.get(one.id)
        learnt = _patients(library, dataset_of(one, run))
        if learnt is None:
            unknown.append(f"{one.name}@{one.version}")
        else:
            patients |= learnt
            datasets.append(dataset_of(one, run))
        for parent in _parents(library, one, run):
            if parent.id not in seen:
                seen.add(parent.id)
                waiting.append(parent)
    return Lineage(frozenset(patients), tuple(dict.fromkeys(datasets)), tuple(unknown))


def run_of(library: Library, model: ModelInfo) -> Run | None:
    """The run that made the model, if one in this vault did."""
    return next((run for run in library.runs(model.task) if run.model == model.id), None)


def base_of(library: Library, model: ModelInfo) -> ModelInfo | None:
    """What the model started from, where that is in this vault."""
    run = run_of(library, model)
    return _found(library, run.base if run else "" if "imported" in model.card else model.card.get("base", ""))


def dataset_of(model: ModelInfo, run: Run | None) -> str:
    """The data set that the model was made with, "" where that is not of this vault.

    A model that came from another vault names a data set that is not here, so its word counts for nothing.
    """
    if run is not None:
        return run.dataset
    return "" if "imported" in model.card else str(model.card.get("dataset", ""))


def _patients(library: Library, dataset: str) -> set[str] | None:
    """Who of a data set is learnt from; None where it is not known here."""
    try:
        items = library.dataset(dataset).items if dataset else None
    except MedStationError:
        return None
    return {item.patient for item in items if item.part != "test"} if items is not None else None


def _parents(library: Library, model: ModelInfo, run: Run | None) -> Iterator[ModelInfo]:
    """The model that a run started from, its teacher, the members of an ensemble."""
    card = model.card
    refs = [run.base if run else card.get("base", ""), (run.settings if run else {}).get("teacher", "")]
    for ref in (*refs, *card.get("members", ())):
        if (parent := _found(library, ref)) is not None:
            yield parent


def _found(library: Library, ref: object) -> ModelInfo | None:
    """The model of that name; a card may name one of another vault."""
    try:
        return library.model(str(ref)) if ref else None
    except MedStationError:
        return None
