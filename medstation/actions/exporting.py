"""Export: the one way out of the vault, always in the audit log."""

from __future__ import annotations

from pathlib import Path

from medstation.actions.workstation import Bench, Workstation, at_work
from medstation.api import BadInput, Exporter, ExportItem, Json, NotFound, TaskSpec, must_be_new, resolve_ref
from medstation.jobs import Desk, Job
from medstation.vault import rights


def start(ws: Workstation, item_id: str, format: str, out: Path, reason: str = "") -> Job:
    """Write a record, label or prediction to `out`. Result: {"id", "format", "files": [...]}.

    `WrongUsage` without a `reason` where the vault wants one.
    """
    ws.library.check_export(reason)
    request = {"id": item_id, "format": format, "out": str(Path(out).absolute()), "reason": reason}
    return ws.submit(rights.EXPORT, "medstation.actions.exporting:run", request, "Export", wait_for_warm=False)


def choose_exporter(spec: TaskSpec, of: str, kind: str, format: str) -> Exporter:
    """The task's exporter for `format` ("" for its first) of a record, label or prediction of this kind."""
    fitting = [one for one in spec.exporters if of in one.of and (not one.kinds or kind in one.kinds)]
    for exporter in fitting:
        if format in ("", exporter.format):
            return exporter
    formats = ", ".join(exporter.format for exporter in fitting) or "none"
    raise NotFound(f"{spec.title} cannot write a {of} of kind {kind!r} as {format!r}", f"Formats it has: {formats}.")


def item_of(bench: Bench, item_id: str) -> tuple[str, ExportItem]:
    """What an id names: ("record" | "label" | "prediction", the item)."""
    library = bench.library
    if item_id.startswith("r-"):
        record = library.record(item_id)
        return "record", ExportItem(record, record.kind, None, {}, author="")
    if item_id.startswith("l-"):
        label = library.label(item_id)
        record = library.record(label.record)
        return "label", ExportItem(record, label.kind, library.label_payload(item_id), label.summary, label.author)
    if item_id.startswith("p-"):
        prediction = library.prediction(item_id)
        record = library.record(prediction.record)
        payload = library.prediction_payload(item_id)
        model = library.model(prediction.model)
        return "prediction", ExportItem(record, prediction.kind, payload, prediction.summary, "", model)
    raise NotFound(f"{item_id!r} is no record, label or prediction", "Their ids begin with r-, l- or p-.")


def run(request: Json, desk: Desk) -> Json:
    with at_work(request, desk) as bench:
        bench.library.check_export(request["reason"])
        of, item = item_of(bench, request["id"])
        exporter = choose_exporter(bench.registry.task(item.record.task), of, item.kind, request["format"])
        out = Path(request["out"])
        must_be_new(out)
        if not out.parent.is_dir():
            raise BadInput(f"the folder {out.parent} does not exist", "Make it first, or choose another place.")
        files = resolve_ref(exporter.write)(item, bench.library.files(item.record.id), out)
        written = [str(path) for path in files]
        bench.library.note_export(request["id"], exporter.format, written, request["reason"])
        return {"id": request["id"], "format": exporter.format, "files": written}
