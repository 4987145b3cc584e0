"""Why a model says what it says of a record, and where it sees the cases of a data set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from medstation.actions.explain_pictures import beside, draw_map
from medstation.actions.opening import look
from medstation.actions.plain_files import PlainFiles
from medstation.actions.predicting import check_fits, check_in_use, load_predictor
from medstation.actions.workstation import Bench, Workstation, at_work
from medstation.api import (
    BadInput,
    Explained,
    FileSource,
    Json,
    ModelInfo,
    Recipe,
    Record,
    Unavailable,
    resolve_ref,
    write_new,
)
from medstation.jobs import Desk, Job
from medstation.learning.combining import combined
from medstation.vault import rights

if TYPE_CHECKING:
    import numpy as np

_HERE = "medstation.actions.explaining"
QUICK = "occlusion"
"""The method that suits every network."""


def start(ws: Workstation, model: str, record_id: str, method: str = QUICK, target: str = "") -> Job:
    """Explain a record of the vault. Result: {"model", "input", "method", "target", "seconds", "check", "says"};
    arrays: "png" (the picture's bytes), and the importance in the grid of each input."""
    info = ws.library.model(model)
    ws.library.note_view(ws.library.record(record_id).id)
    request = {"model": info.id, "record": record_id, "method": method, "target": target}
    return ws.submit(rights.PREDICT, f"{_HERE}:run", request, f"Explain {info.name} v{info.version}")


def start_on_files(ws: Workstation, model: str, paths: Sequence[Path], method: str = QUICK, target: str = "") -> Job:
    """The same for the first record that suits the model in files outside the vault."""
    info = ws.library.model(model)
    files = [str(Path(path).absolute()) for path in paths]
    request = {"model": info.id, "paths": files, "method": method, "target": target}
    return ws.submit(rights.PREDICT, f"{_HERE}:run", request, f"Explain {info.name} v{info.version}")


def start_map(ws: Workstation, model: str, dataset: str) -> Job:
    """Result: {"model", "dataset", "metric", "cases": [{"record", "part", "x", "y", "value"}]}; arrays: "png"."""
    info = ws.library.model(model)
    request = {"model": info.id, "dataset": ws.library.dataset(dataset).name}
    return ws.submit(rights.EVALUATE, f"{_HERE}:run_map", request, f"Map of {dataset}")


def save(ws: Workstation, about: str, png: bytes, out: Path, reason: str = "") -> list[str]:
    """Write a picture of `about` (a record or a model) outside the vault, which the audit log tells."""
    ws.vault.need(rights.EXPORT)
    ws.library.check_export(reason)
    written = [str(path) for path in write_new(out.absolute(), png)]
    ws.library.note_export(about, "explanation", written, reason)
    return written


def run(request: Json, desk: Desk) -> tuple[Json, Mapping[str, np.ndarray]]:
    with at_work(request, desk) as bench:
        info = bench.library.model(request["model"])
        record, files = _input(bench, info, request, desk)
        return _explained(bench, info, record, files, request, desk)


def _input(bench: Bench, info: ModelInfo, request: Json, desk: Desk) -> tuple[Record, FileSource]:
    _, recipe = bench.registry.recipe(info.recipe, task=info.task)
    if "record" in request:
        record = bench.library.record(request["record"])
        check_fits(recipe, record)
        return record, bench.library.files(record.id)
    items, _ = look([Path(path) for path in request["paths"]], info.task, desk)
    fitting = [(record, found) for record, found in items if record.kind in recipe.record_kinds]
    if not fitting:
        raise BadInput("nothing in these files suits the model", f"It reads: {', '.join(recipe.record_kinds)}.")
    record, found = fitting[0]
    return record, PlainFiles(found)


def network_of(bench: Bench, info: ModelInfo) -> tuple[Recipe, Any, Any]:
    """The declared recipe, the engine's, and the model's network; `Unavailable` for one that the engine did not make.

    `Refused` when the model was retired.
    """
    from medstation.learning.network import ready

    check_in_use(info)
    _, recipe = bench.registry.recipe(info.recipe, task=info.task)
    if not recipe.engine:
        raise Unavailable(
            f"{recipe.title} makes no network, so there is nothing to look into", "Take a model of another recipe."
        )
    engine = resolve_ref(recipe.engine)()
    return recipe, engine, ready(engine.build(info.config), info.config, bench.library.weights(info.id))


def _explained(
    bench: Bench, info: ModelInfo, record: Record, files: FileSource, request: Json, desk: Desk
) -> tuple[Json, Mapping[str, np.ndarray]]:
    import numpy as np

    from medstation.learning.explaining.explain import explain

    desk.report(0.0, "Loading the model")
    _, engine, model = network_of(bench, info)
    desk.report(0.1, "Reading the record")
    asked = engine.asked(model, record, files, info.config)

    def report(done: float, text: str) -> None:
        desk.report(0.2 + 0.75 * done, text)

    made = explain(engine, model, asked, request["method"], request["target"], report)
    facts: Json = {
        "model": f"{info.name}@{info.version}",
        "input": record.id or record.title,
        "method": made.method.name,
        "title": made.method.title,
        "target": made.target,
        "seconds": round(made.seconds, 3),
        "check": made.check.json(),
        "says": made.check.says,
    }
    explained = Explained(info.recipe, info.config, made.target, made.values, made.parts, made.place)
    drawn = bench.registry.task(info.task).explain_picture
    if not drawn:
        return facts, made.values
    png = beside(resolve_ref(drawn)(record, files, explained), facts["check"])
    return facts, {"png": np.frombuffer(png, np.uint8), **made.values}


def run_map(request: Json, desk: Desk) -> tuple[Json, Mapping[str, np.ndarray]]:
    import numpy as np

    from medstation.learning.explaining.mapping import features, laid_out

    with at_work(request, desk) as bench:
        info = bench.library.model(request["model"])
        recipe, engine, model = network_of(bench, info)
        metric = next((one for one in recipe.metrics if one.combine != "auc"), recipe.metrics[0])
        _, predictor = load_predictor(bench, info)
        score = resolve_ref(recipe.score)
        items = bench.library.dataset(request["dataset"]).items
        vectors, cases = [], []
        for number, item in enumerate(items):
            desk.report(0.9 * number / len(items), f"case {number + 1} of {len(items)}")
            record, files = bench.library.record(item.record_id), bench.library.files(item.record_id)
            check_fits(recipe, record)
            said = predictor.predict(record, files, lambda done, text: None).payload
            label = bench.library.label_payload(item.label_id) if item.label_id else b""
            value = combined(metric, {record.id: score(record, files, said, label)})
            if value is not None:
                vectors.append(features(engine, model, engine.asked(model, record, files, info.config)))
                cases.append({"record": record.id, "part": item.part, "value": value})
        desk.report(0.92, "Laying out the map")
        for case, place in zip(cases, laid_out(vectors), strict=True):
            case |= {"x": round(float(place[0]), 3), "y": round(float(place[1]), 3)}
        png = draw_map(cases, metric.title, metric.higher_is_better)
        facts = {"model": f"{info.name}@{info.version}", "dataset": request["dataset"], "metric": metric.name}
        return {**facts, "cases": cases}, {"png": np.frombuffer(png, np.uint8)}
