"""Measure a model on a part of a data set, whole and per subgroup."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict

from medstation.actions.comparing import as_json, compare_cases, verdict_text
from medstation.actions.predicting import check_fits, load_predictor
from medstation.actions.subgroups import gaps, groups_of, within
from medstation.actions.workstation import Bench, Workstation, at_work
from medstation.api import (
    BadInput,
    Json,
    Metrics,
    MetricSpec,
    ModelInfo,
    Predictor,
    Recipe,
    Record,
    WrongUsage,
    resolve_ref,
)
from medstation.jobs import Desk, Job
from medstation.learning.combining import Cases, estimate, rows_of
from medstation.vault import rights

PARTS = ("train", "validation", "test")


def start(ws: Workstation, model: str, dataset: str, part: str = "test") -> Job:
    """Result: {"model", "dataset", "part", "cases", "patients", "metrics": {name: {value, low, high}}, "subgroups",
    "gaps"}; gaps are of the deciding metric, see `subgroups.gaps`.
    """
    if part not in PARTS:
        raise WrongUsage(f"there is no part {part!r}", f"Parts: {', '.join(PARTS)}.")
    info = ws.library.model(model)
    request = {"models": [info.id], "dataset": ws.library.dataset(dataset).name, "part": part}
    title = f"Evaluate {info.name} v{info.version}"
    return ws.submit(rights.EVALUATE, "medstation.actions.evaluating:run", request, title)


def start_comparison(ws: Workstation, first: str, second: str, dataset: str) -> Job:
    """Two models on the same test set. Result: {"metrics": [{name, before, after, difference, says}], ...}."""
    models = [ws.library.model(first).id, ws.library.model(second).id]
    request = {"models": models, "dataset": ws.library.dataset(dataset).name, "part": "test"}
    target = "medstation.actions.evaluating:run_comparison"
    return ws.submit(rights.EVALUATE, target, request, f"Compare {first} and {second}")


def run(request: Json, desk: Desk) -> Json:
    with at_work(request, desk) as bench:
        info = bench.library.model(request["models"][0])
        records = part_of(bench, request["dataset"], request["part"])
        cases = measure(bench, info, records, desk, 0.0, 1.0)
        _, recipe = bench.registry.recipe(info.recipe, task=info.task)
        everyone = [record for record, _ in records]
        patients = patients_of(everyone)
        return {
            "model": f"{info.name}@{info.version}",
            "dataset": request["dataset"],
            "part": request["part"],
            "cases": len(cases),
            "patients": len(set(patients.values())),
            "metrics": intervals(recipe.metrics, cases, patients),
            **by_group(recipe.metrics, cases, everyone),
        }


def run_comparison(request: Json, desk: Desk) -> Json:
    with at_work(request, desk) as bench:
        first, second = (bench.library.model(model) for model in request["models"])
        records = part_of(bench, request["dataset"], request["part"])
        before = measure(bench, first, records, desk, 0.0, 0.5)
        after = measure(bench, second, records, desk, 0.5, 0.5)
        _, recipe = bench.registry.recipe(first.recipe, task=first.task)
        patients = patients_of(record for record, _ in records)
        compared = [asdict(compare_cases(metric, before, after, patients, 0)) for metric in recipe.metrics]
        return {
            "first": f"{first.name}@{first.version}",
            "second": f"{second.name}@{second.version}",
            "dataset": request["dataset"],
            "metrics": [{**one, "says": verdict_text(one)} for one in compared],
        }


def part_of(bench: Bench, dataset: str, part: str, must: bool = True) -> list[tuple[Record, str]]:
    """A part's records with their label ids ("" for none); `BadInput` when it `must` have some and has none."""
    items = [item for item in bench.library.dataset(dataset).items if item.part == part]
    if must and not items:
        raise BadInput(f"the {part} part of {dataset} is empty", "Choose another part or data set.")
    return [(bench.library.record(item.record_id), item.label_id) for item in items]


def measure(
    bench: Bench, info: ModelInfo, records: list[tuple[Record, str]], desk: Desk, begin: float, share: float
) -> dict[str, Metrics]:
    """A model's cases on these records, measured as it would be used; `begin` and `share` are for the progress."""
    recipe, predictor = load_predictor(bench, info, retired=True)
    return judged(bench, recipe, predictor, records, desk, begin, share)


def judged(
    bench: Bench,
    recipe: Recipe,
    predictor: Predictor,
    records: list[tuple[Record, str]],
    desk: Desk,
    begin: float,
    share: float,
) -> dict[str, Metrics]:
    """What a loaded model says of these records, scored."""
    score = resolve_ref(recipe.score)
    cases: dict[str, Metrics] = {}
    for index, (record, label) in enumerate(records):
        check_fits(recipe, record)
        desk.report(begin + share * index / len(records), f"case {index + 1} of {len(records)}")
        files = bench.library.files(record.id)
        draft = predictor.predict(record, files, lambda done, text: None)
        cases[record.id] = score(record, files, draft.payload, bench.library.label_payload(label) if label else b"")
    return cases


def patients_of(records: Iterable[Record]) -> dict[str, str]:
    """Record id -> patient."""
    return {record.id: record.person.key for record in records}


def intervals(metrics: Sequence[MetricSpec], cases: Cases, patients: Mapping[str, str]) -> Json:
    """Metric -> {"value", "low", "high"}, for those metrics that the cases have columns of."""
    return {metric.name: as_json(estimate(metric, cases, patients)) for metric in metrics if rows_of(metric, cases)}


def by_group(metrics: Sequence[MetricSpec], cases: Cases, records: Sequence[Record]) -> Json:
    """{"subgroups": {name: metrics}, "gaps": [...]} of the records' sexes, ages, devices and sites."""
    patients, groups = patients_of(records), groups_of(records)
    found = {group.name: intervals(metrics, within(group, cases), patients) for group in groups}
    apart = [asdict(gap) for gap in gaps(metrics[0], cases, groups, patients)] if metrics else []
    return {"subgroups": {name: values for name, values in found.items() if values}, "gaps": apart}
