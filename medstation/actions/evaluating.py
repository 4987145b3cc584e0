"""Measure a model on a part of a data set, whole and per subgroup."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from medstation.actions.comparing import as_json, compare_cases, verdict_text
from medstation.actions.predicting import check_fits, load_predictor
from medstation.actions.workstation import Bench, Workstation, at_work
from medstation.api import BadInput, Json, Metrics, MetricSpec, ModelInfo, Record, WrongUsage, resolve_ref
from medstation.jobs import Desk, Job
from medstation.learning.combining import estimate

PARTS = ("train", "validation", "test")


def start(ws: Workstation, model: str, dataset: str, part: str = "test") -> Job:
    """Result: {"model", "dataset", "part", "cases", "patients", "metrics": {name: {value, low, high}}, "subgroups"}."""
    if part not in PARTS:
        raise WrongUsage(f"there is no part {part!r}", f"Parts: {', '.join(PARTS)}.")
    info = ws.library.model(model)
    request = {"models": [info.id], "dataset": ws.library.dataset(dataset).name, "part": part, "user": ws.library.user}
    return ws.pool.submit("medstation.actions.evaluating:run", request, title=f"Evaluate {info.name} v{info.version}")


def start_comparison(ws: Workstation, first: str, second: str, dataset: str) -> Job:
    """Two models on the same test set. Result: {"metrics": [{name, before, after, difference, says}], ...}."""
    models = [ws.library.model(first).id, ws.library.model(second).id]
    request = {"models": models, "dataset": ws.library.dataset(dataset).name, "part": "test", "user": ws.library.user}
    return ws.pool.submit(
        "medstation.actions.evaluating:run_comparison", request, title=f"Compare {first} and {second}"
    )


def run(request: Json, desk: Desk) -> Json:
    with at_work(request, desk) as bench:
        info = bench.library.model(request["models"][0])
        records = _part(bench, request["dataset"], request["part"])
        cases = _measure(bench, info, records, desk, 0.0, 1.0)
        _, recipe = bench.registry.recipe(info.recipe, task=info.task)
        everyone = [record for record, _ in records]
        return {
            "model": f"{info.name}@{info.version}",
            "dataset": request["dataset"],
            "part": request["part"],
            "cases": len(cases),
            "patients": len({record.person.key for record in everyone}),
            "metrics": _intervals(recipe.metrics, cases, everyone),
            "subgroups": {name: _intervals(recipe.metrics, cases, group) for name, group in _groups(everyone).items()},
        }


def run_comparison(request: Json, desk: Desk) -> Json:
    with at_work(request, desk) as bench:
        first, second = (bench.library.model(model) for model in request["models"])
        records = _part(bench, request["dataset"], request["part"])
        before = _measure(bench, first, records, desk, 0.0, 0.5)
        after = _measure(bench, second, records, desk, 0.5, 0.5)
        _, recipe = bench.registry.recipe(first.recipe, task=first.task)
        patients = {record.id: record.person.key for record, _ in records}
        compared = [asdict(compare_cases(metric, before, after, patients, 0)) for metric in recipe.metrics]
        return {
            "first": f"{first.name}@{first.version}",
            "second": f"{second.name}@{second.version}",
            "dataset": request["dataset"],
            "metrics": [{**one, "says": verdict_text(one)} for one in compared],
        }


def _part(bench: Bench, dataset: str, part: str) -> list[tuple[Record, str]]:
    items = [item for item in bench.library.dataset(dataset).items if item.part == part]
    if not items:
        raise BadInput(f"the {part} part of {dataset} is empty", "Choose another part or data set.")
    return [(bench.library.record(item.record_id), item.label_id) for item in items]


def _measure(
    bench: Bench, info: ModelInfo, records: list[tuple[Record, str]], desk: Desk, begin: float, share: float
) -> dict[str, Metrics]:
    recipe, predictor = load_predictor(bench, info)
    score = resolve_ref(recipe.score)
    cases: dict[str, Metrics] = {}
    for index, (record, label) in enumerate(records):
        check_fits(recipe, record)
        desk.report(begin + share * index / len(records), f"case {index + 1} of {len(records)}")
        files = bench.library.files(record.id)
        draft = predictor.predict(record, files, lambda done, text: None)
        cases[record.id] = score(record, files, draft.payload, bench.library.label_payload(label) if label else b"")
    return cases


def _intervals(metrics: tuple[MetricSpec, ...], cases: Mapping[str, Metrics], records: list[Record]) -> Json:
    patients = {record.id: record.person.key for record in records}
    mine = {record: values for record, values in cases.items() if record in patients}
    return {metric.name: as_json(estimate(metric, mine, patients)) for metric in metrics}


def _groups(records: list[Record]) -> dict[str, list[Record]]:
    """Subgroups by sex, where it is known and the group has at least two patients."""
    groups: dict[str, list[Record]] = {}
    for record in records:
        if record.person.sex:
            groups.setdefault(f"sex {record.person.sex}", []).append(record)
    return {name: group for name, group in groups.items() if len({one.person.key for one in group}) > 1}
