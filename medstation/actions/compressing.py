"""Smaller or quicker models from a finished one, with what that costs, measured on the frozen test patients."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from medstation.actions.comparing import compare_cases, verdict_text
from medstation.actions.evaluating import by_group, part_of, patients_of
from medstation.actions.explaining import network_of
from medstation.actions.predicting import check_fits
from medstation.actions.workstation import Bench, Workstation, at_work
from medstation.api import (
    BadInput,
    Json,
    Metrics,
    ModelInfo,
    NotFound,
    Recipe,
    Record,
    WrongUsage,
    must_be_new,
    resolve_ref,
    write_new,
)
from medstation.jobs import Desk, Job
from medstation.vault import rights

if TYPE_CHECKING:
    from medstation.learning.compressing.onnx_file import Exported

SHARE = 0.5
"""The share of weights that pruning takes, unless it is told another one."""
_HERE = "medstation.actions.compressing"


def start(
    ws: Workstation, model: str, method: str, share: float = SHARE, name: str = "", against: str = "", dataset: str = ""
) -> Job:
    """A smaller model, as a candidate. `method` is "int8" or "prune"; `share` is for pruning.

    It is measured beside `against` ("": the model itself) on the frozen test part of the data set that this was made
    with (or of `dataset`). Result: {"model", "id", "method", "cost": see `Cost`, "metrics": [{name, before, after,
    difference, says}], "patients", "dataset"}.
    """
    if method not in ("int8", "prune"):
        raise WrongUsage(f"there is no way {method!r} to make a model smaller", "Ways: int8, prune.")
    if not 0 <= share < 1:
        raise WrongUsage(f"a share of {share:g} cannot be pruned", "Give 0 to 0.95.")
    info = ws.library.model(model)
    if method == "prune" and info.card.get("compressed", {}).get("method") == "int8":
        raise BadInput(
            f"{info.name} v{info.version} is stored in eight bits; pruned, it would need more room",
            f"Prune {info.card['base']} first, and store that in eight bits.",
        )
    other = ws.library.model(against) if against else info
    request = {"model": info.id, "method": method, "share": share, "name": name or info.name, "against": other.id}
    request["dataset"] = ws.library.dataset(dataset).name if dataset else ""
    return ws.submit(rights.ADD_MODEL, f"{_HERE}:run", request, f"Make {info.name} v{info.version} smaller")


def start_onnx(ws: Workstation, model: str, out: Path, record: str = "", reason: str = "") -> Job:
    """The model as `out` (.onnx) and beside it with eight-bit arithmetic (.int8.onnx), for other programs.

    It is checked and timed on `record`, else on the first record that suits it. Result: {"model", "record", "files",
    "apart", "same", "quick_same", "torch_s", "onnx_s", "quick_s" (seconds of one core), "file_bytes", "quick_bytes",
    "inputs"}.
    """
    ws.library.check_export(reason)
    info = ws.library.model(model)
    request = {"model": info.id, "out": str(out.absolute()), "record": record, "reason": reason}
    return ws.submit(rights.EXPORT, f"{_HERE}:run_onnx", request, f"Write {info.name} v{info.version} as ONNX")


@dataclass(frozen=True)
class Cost:
    """Bytes of the weights as stored, seconds per case (the middle one, both models in turn), and shares of zeros."""

    bytes_before: int
    bytes_after: int
    seconds_before: float | None
    seconds_after: float | None
    zeros: float

    def json(self) -> Json:
        return {**asdict(self), "smaller": self.bytes_before / max(self.bytes_after, 1)}


def run(request: Json, desk: Desk) -> Json:
    with at_work(request, desk) as bench:
        info, against = bench.library.model(request["model"]), bench.library.model(request["against"])
        recipe, _, _ = network_of(bench, info)
        old = bench.library.weights(against.id)
        desk.report(0.02, "Making it smaller")
        weights, zeros = _smaller(request, bench.library.weights(info.id))
        dataset = _dataset(bench, against, request["dataset"])
        records = part_of(bench, dataset, "test", must=False) if dataset else []
        models = ((against, old), (info, weights))
        cases, seconds = _measured(bench, recipe, models, records, desk)
        cost = Cost(len(old), len(weights), seconds[0], seconds[1], zeros)
        results = _results(recipe, cases, [record for record, _ in records])
        stored = _stored(bench, info, against, request, weights, dataset, cost, results)
        return {
            "model": f"{stored.name}@{stored.version}",
            "id": stored.id,
            "method": request["method"],
            "dataset": dataset,
            "cost": cost.json(),
            "metrics": results["metrics"],
            "patients": results["patients"],
        }


def _smaller(request: Json, weights: bytes) -> tuple[bytes, float]:
    """The weights in their smaller form, and the share of zeros among them."""
    from medstation.learning.compact import in_eight_bits, without_zeros
    from medstation.learning.compressing.pruning import pruned, zeros_in
    from medstation.learning.weights import pack, unpack

    state = unpack(weights)
    if request["method"] == "int8":
        return pack(in_eight_bits(state)), zeros_in(state)
    fewer = pruned(state, float(request["share"]))
    return pack(without_zeros(fewer)), zeros_in(fewer)


def _dataset(bench: Bench, model: ModelInfo, wanted: str) -> str:
    """The data set whose test part is measured on; "" where it is not in this vault."""
    name = wanted or str(model.card.get("dataset", ""))
    try:
        return bench.library.dataset(name).name if name else ""
    except NotFound:
        return ""


def _measured(
    bench: Bench,
    recipe: Recipe,
    models: tuple[tuple[ModelInfo, bytes], tuple[ModelInfo, bytes]],
    records: list[tuple[Record, str]],
    desk: Desk,
) -> tuple[tuple[dict[str, Metrics], dict[str, Metrics]], tuple[float | None, float | None]]:
    """Both models' cases and their seconds per case: in turn on each record, so that a busy machine is fair to both."""
    score = resolve_ref(recipe.score)
    predictors = [resolve_ref(recipe.predictor)(info, weights) for info, weights in models]
    cases: tuple[dict[str, Metrics], dict[str, Metrics]] = ({}, {})
    spent: tuple[list[float], list[float]] = ([], [])
    for number, (record, label) in enumerate(records):
        check_fits(recipe, record)
        desk.report(0.05 + 0.9 * number / len(records), f"case {number + 1} of {len(records)}")
        files = bench.library.files(record.id)
        truth = bench.library.label_payload(label) if label else b""
        for mine, times, predictor in zip(cases, spent, predictors, strict=True):
            begun = time.perf_counter()
            said = predictor.predict(record, files, lambda done, text: None).payload
            times.append(time.perf_counter() - begun)
            mine[record.id] = score(record, files, said, truth)
    return cases, (_middle(spent[0]), _middle(spent[1]))


def _middle(times: list[float]) -> float | None:
    return sorted(times)[len(times) // 2] if times else None


def _results(recipe: Recipe, cases: tuple[dict[str, Metrics], dict[str, Metrics]], records: list[Record]) -> Json:
    before, after = cases
    if not after:
        return {"metrics": [], "patients": 0, "subgroups": {}, "gaps": []}
    patients = patients_of(records)
    compared = [asdict(compare_cases(metric, before, after, patients, 0)) for metric in recipe.metrics]
    told = [{**one, "says": verdict_text(one)} for one in compared]
    return {"metrics": told, "patients": len(set(patients.values())), **by_group(recipe.metrics, after, records)}


def _stored(
    bench: Bench, info: ModelInfo, against: ModelInfo, request: Json, weights: bytes, dataset: str, cost: Cost,
    results: Json,
) -> ModelInfo:  # fmt: skip
    metrics = results["metrics"]
    card = {
        "dataset": dataset or info.card.get("dataset", ""),
        "cases": info.card.get("cases", {}),
        "base": f"{info.name}@{info.version}",
        "settings": {},
        "before": {one["name"]: one["before"] for one in metrics},
        "test": {one["name"]: one["after"] for one in metrics},
        "test_patients": results["patients"],
        "difference": {one["name"]: {**one["difference"], "says": one["says"]} for one in metrics},
        "subgroups": results["subgroups"],
        "gaps": results["gaps"],
        "compressed": {
            "method": request["method"],
            "against": f"{against.name}@{against.version}",
            **({"share": request["share"]} if request["method"] == "prune" else {}),
            **cost.json(),
        },
        "notes": [] if metrics else ["Not measured: its data set has no test patients in this vault."],
    }
    return bench.library.add_model(request["name"], info.task, info.recipe, weights, info.config, card)


def run_onnx(request: Json, desk: Desk) -> Json:
    from medstation.learning.compressing.onnx_file import exported

    with at_work(request, desk) as bench:
        bench.library.check_export(request["reason"])
        info = bench.library.model(request["model"])
        recipe, engine, model = network_of(bench, info)
        out = Path(request["out"])
        quick = out.with_suffix(".int8.onnx")
        must_be_new(out, quick)
        record = _example(bench, info, recipe, request["record"])
        desk.report(0.1, "Writing and checking")
        asked = engine.asked(model, record, bench.library.files(record.id), info.config)
        made = exported(engine, model.to("cpu"), asked, info.config)
        written = _written(bench, info, made, (out, quick), request["reason"])
        return {"model": f"{info.name}@{info.version}", "record": record.id, "files": written, **made.facts()}


def _written(bench: Bench, info: ModelInfo, made: Exported, paths: tuple[Path, Path], reason: str) -> list[str]:
    files = [*write_new(paths[0], made.data), *write_new(paths[1], made.quick)]
    written = [str(path) for path in files]
    bench.library.note_export(info.id, "onnx", written, reason)
    return written


def _example(bench: Bench, info: ModelInfo, recipe: Recipe, record_id: str) -> Record:
    """The record that was named, else the first of the vault that suits the recipe."""
    if record_id:
        record = bench.library.record(record_id)
        check_fits(recipe, record)
        return record
    fitting = [one for one in bench.library.records(task=info.task) if one.kind in recipe.record_kinds]
    if not fitting:
        raise BadInput(f"no record here suits {info.name}", "Import one: the file is checked on it.")
    return fitting[0]


def sentence(result: Mapping[str, Any]) -> str:
    """What was gained and lost, in one line."""
    cost = result["cost"]
    sizes = f"{cost['bytes_before'] / 1e6:.2f} → {cost['bytes_after'] / 1e6:.2f} MB"
    size = f"{sizes}, {cost['smaller']:.1f} times smaller"
    if not result["metrics"]:
        return f"{size}; not measured: no test patients here"
    first = result["metrics"][0]
    change = first["difference"]
    told = f"{first['title']} {change['value']:+.3f} [{change['low']:+.3f}, {change['high']:+.3f}], {first['says']}"
    pace = f"{1000 * cost['seconds_before']:.0f} → {1000 * cost['seconds_after']:.0f} ms per case"
    return f"{size}; {pace}; {told}"
