"""Run a model on records of the vault, or on files that stay outside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from medstation.actions.opening import look
from medstation.actions.plain_files import PlainFiles
from medstation.actions.workstation import Bench, Workstation, at_work
from medstation.api import (
    BadInput,
    ExportItem,
    Json,
    ModelInfo,
    PredictionDraft,
    Predictor,
    Recipe,
    Record,
    Refused,
    resolve_ref,
)
from medstation.jobs import Desk, Job
from medstation.vault import rights


def start(ws: Workstation, model: str, record_ids: Sequence[str]) -> Job:
    """Result: {"predictions": [{"id", "record", "model", "kind", "confidence", "findings", "summary"}]}."""
    info = ws.library.model(model)
    for record_id in record_ids:
        ws.library.note_view(ws.library.record(record_id).id)
    request = {"model": info.id, "records": list(record_ids)}
    return ws.submit(rights.PREDICT, "medstation.actions.predicting:run", request, f"Run {info.name} v{info.version}")


def start_on_files(ws: Workstation, model: str, paths: Sequence[Path], out: Path, format: str) -> Job:
    """Predict on files without importing them; the results are written to the folder `out`."""
    info = ws.library.model(model)
    files = [str(Path(path).absolute()) for path in paths]
    request = {"model": info.id, "paths": files, "out": str(out.absolute()), "format": format}
    title = f"Run {info.name} v{info.version}"
    return ws.submit(rights.PREDICT, "medstation.actions.predicting:run_on_files", request, title)


def load_predictor(bench: Bench, info: ModelInfo, retired: bool = False) -> tuple[Recipe, Predictor]:
    """The model, ready to predict; `Refused` when it was retired, unless it is only to be measured (`retired`)."""
    if not retired:
        check_in_use(info)
    _, recipe = bench.registry.recipe(info.recipe, task=info.task)
    return recipe, resolve_ref(recipe.predictor)(info, bench.library.weights(info.id))


def check_in_use(info: ModelInfo) -> None:
    """`Refused` when the model was retired."""
    if info.state == "retired":
        raise Refused(f"{info.name} v{info.version} is retired", "Choose another version, or approve this one again.")


def check_fits(recipe: Recipe, record: Record) -> None:
    if record.kind not in recipe.record_kinds:
        raise BadInput(
            f"{record.title} ({record.id or 'not imported'}) is of kind {record.kind!r}; {recipe.title} cannot read it",
            f"It reads: {', '.join(recipe.record_kinds)}.",
        )


def run(request: Json, desk: Desk) -> Json:
    with at_work(request, desk) as bench:
        info = bench.library.model(request["model"])
        desk.report(0.0, "loading the model")
        recipe, predictor = load_predictor(bench, info)
        done: list[Json] = []
        total = len(request["records"])
        for index, record_id in enumerate(request["records"]):
            record = bench.library.record(record_id)
            check_fits(recipe, record)

            def report(part: float, text: str, index: int = index) -> None:
                desk.report((index + part) / total, text)

            draft = predictor.predict(record, bench.library.files(record.id), report)
            stored = bench.library.add_prediction(record.id, info.id, draft)
            done.append(
                {"id": stored.id, "record": record.id, "input": record.id, **describe(info, draft), "files": []}
            )
        return {"predictions": done}


def describe(info: ModelInfo, draft: PredictionDraft) -> Json:
    return {
        "model": f"{info.name} v{info.version}",
        "kind": draft.kind,
        "confidence": draft.confidence,
        "findings": [asdict(finding) for finding in draft.findings],
        "result": draft.summary,
        "summary": draft.summary,
    }


def run_on_files(request: Json, desk: Desk) -> Json:
    with at_work(request, desk) as bench:
        info = bench.library.model(request["model"])
        recipe, predictor = load_predictor(bench, info)
        items, skipped = look([Path(path) for path in request["paths"]], info.task, desk)
        out = Path(request["out"])
        done: list[Json] = []
        for record, found in items:
            if record.kind not in recipe.record_kinds:
                continue
            files = PlainFiles(found)
            draft = predictor.predict(record, files, desk.report)
            written = _write(bench, record, files, draft, info, out, request["format"])
            done.append(
                {"input": str(found[0].path.parent), "record": record.title, **describe(info, draft), "files": written}
            )
        if not done:
            reasons = "; ".join(f"{one.path.name}: {one.reason}" for one in skipped if not one.harmless)
            raise BadInput("nothing in these files suits the model", reasons or "Give files the recipe can read.")
        return {"predictions": done}


def _write(
    bench: Bench, record: Record, files: PlainFiles, draft: PredictionDraft, info: ModelInfo, out: Path, format: str
) -> list[str]:
    from medstation.actions.exporting import choose_exporter

    exporter = choose_exporter(bench.registry.task(record.task), "prediction", draft.kind, format)
    out.mkdir(parents=True, exist_ok=True)
    stem = "".join(char if char.isalnum() or char in "-_" else "_" for char in f"{record.person.key}-{record.title}")
    item = ExportItem(record, draft.kind, draft.payload, draft.summary, author="", model=info)
    target = free_name(out, stem, exporter.suffix)
    return [str(path) for path in resolve_ref(exporter.write)(item, files, target)]


def free_name(folder: Path, stem: str, suffix: str) -> Path:
    """A file name in `folder` that nobody uses yet."""
    target, number = folder / f"{stem}{suffix}", 2
    while target.exists():
        target, number = folder / f"{stem}-{number}{suffix}", number + 1
    return target
