"""Labels from files: one for one record, or a folder of them for the records they belong to."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

from medstation.actions.walking import walk
from medstation.actions.workstation import Bench, Workstation, at_work
from medstation.api import BadInput, Json, LabelKind, MedStationError, NotFound, Record, Skipped, TaskSpec, resolve_ref
from medstation.jobs import Desk, Job
from medstation.vault import rights


def start(ws: Workstation, record_id: str, path: Path, kind: str = "") -> Job:
    """Attach the label in `path` to a record. Result: {"label": id, "record", "kind", "version", "summary"}."""
    request = {"record": record_id, "path": str(Path(path).absolute()), "kind": kind}
    return ws.submit(rights.LABEL, "medstation.actions.labelling:run", request, "Label", wait_for_warm=False)


def start_many(ws: Workstation, task: str, paths: Sequence[Path], kind: str = "") -> Job:
    """Attach each label file under `paths` to the record it belongs to. Result: {"labels": [...], "skipped": [...]}."""
    files = [str(Path(path).absolute()) for path in paths]
    request = {"task": task, "paths": files, "kind": kind}
    return ws.submit(rights.LABEL, "medstation.actions.labelling:run_many", request, "Labels", wait_for_warm=False)


def run(request: Json, desk: Desk) -> Json:
    with at_work(request, desk) as bench:
        record = bench.library.record(request["record"])
        return _attach(bench, record, Path(request["path"]), request["kind"])


def run_many(request: Json, desk: Desk) -> Json:
    with at_work(request, desk) as bench:
        spec = bench.registry.task(request["task"])
        index = _index(bench, spec.id)
        paths = list(walk([Path(path) for path in request["paths"]]))
        labels: list[Json] = []
        skipped: list[Json] = [_said(path.path, path.reason) for path in paths if isinstance(path, Skipped)]
        for count, path in enumerate(path for path in paths if isinstance(path, Path)):
            desk.report(count / len(paths), f"label {count + 1} of {len(paths)}")
            try:
                record = _owner(index, spec, path, request["kind"])
                labels.append(_attach(bench, record, path, request["kind"]))
            except MedStationError as error:
                skipped.append(_said(path, error.message, error.hint))
        return {"labels": labels, "skipped": skipped}


def _said(path: Path, reason: str, hint: str = "") -> Json:
    return {"path": str(path), "reason": reason, "hint": hint}


def _attach(bench: Bench, record: Record, path: Path, kind: str) -> Json:
    if not path.is_file():
        raise NotFound(f"{path} does not exist", "Check the path of the label file.")
    label_kind = choose_kind(bench.registry.task(record.task), path, kind)
    draft = resolve_ref(label_kind.reader)(record, bench.library.files(record.id), path)
    label = bench.library.add_label(record.id, draft)
    return {
        "label": label.id,
        "record": record.id,
        "kind": label.kind,
        "version": label.version,
        "summary": label.summary,
    }


def choose_kind(spec: TaskSpec, path: Path, kind: str) -> LabelKind:
    """The label kind that was named, or the first whose patterns fit the file's name."""
    if kind:
        found = spec.label_kind(kind)
        if found is None:
            known = ", ".join(label.id for label in spec.label_kinds)
            raise NotFound(f"{spec.id} has no label kind {kind!r}", f"It has: {known}.")
        return found
    for label_kind in spec.label_kinds:
        if any(fnmatch(path.name.lower(), pattern) for pattern in label_kind.patterns):
            return label_kind
    patterns = ", ".join(pattern for label_kind in spec.label_kinds for pattern in label_kind.patterns)
    raise BadInput(f"{path.name} is no label file that {spec.title} knows", f"It reads: {patterns}; or name the kind.")


def _index(bench: Bench, task: str) -> dict[str, list[Record]]:
    """Records by every name a label file may call them."""
    index: dict[str, list[Record]] = {}
    for record in bench.library.records(task=task):
        names = {record.person.key, bench.library.group(record.id)}
        for name in names:
            index.setdefault(name, []).append(record)
    return index


def _owner(index: dict[str, list[Record]], spec: TaskSpec, path: Path, kind: str) -> Record:
    label_kind = choose_kind(spec, path, kind)
    name = resolve_ref(label_kind.belongs_to)(path) if label_kind.belongs_to else path.stem
    owners = index.get(name, [])
    if len(owners) != 1:
        raise BadInput(
            f"{path.name} names {name!r}, which {'no record has' if not owners else 'several records have'}",
            "Attach it to one record by hand: `medstation label RECORD FILE`.",
        )
    return owners[0]
