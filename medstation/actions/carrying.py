"""Models that come in from files, and go out as folders of other programs: in a worker, since files may be hostile."""

from __future__ import annotations

import re
from pathlib import Path

from medstation.actions.packages import is_package, read_package
from medstation.actions.workstation import Bench, Workstation, at_work
from medstation.api import (
    BadInput,
    Json,
    ModelDraft,
    NotFound,
    Refused,
    TaskSpec,
    Unavailable,
    must_be_new,
    resolve_ref,
)
from medstation.jobs import Desk, Job
from medstation.vault import rights

_NOT_IN_NAMES = re.compile(r"[@/\\\n]+")


def start_import(ws: Workstation, path: Path, name: str = "", task: str = "") -> Job:
    """A model from a package, or from a folder or file that a task can read; `task` names the only one to ask.

    Result: {"model": id, "name", "version", "task", "recipe"}. `Refused` (exit code 4) for whatever could run code or
    is no model.
    """
    if not path.exists():
        raise NotFound(f"{path} does not exist", "Check the path of the model.")
    if task:
        ws.registry.task(task)  # said before anything starts
    request = {"path": str(path.absolute()), "name": name, "task": task}
    return ws.submit(
        rights.ADD_MODEL, "medstation.actions.carrying:bring", request, "Import a model", wait_for_warm=False
    )


def start_folder(ws: Workstation, model: str, out: Path, reason: str = "") -> Job:
    """Write a model as a new folder that other programs can load. Result: {"files": [...]}."""
    ws.library.check_export(reason)
    info = ws.library.model(model)
    spec = ws.registry.task(info.task)
    if not spec.export_model:
        raise BadInput(f"models of {spec.title} have no form as a folder", "Export it as a package.")
    must_be_new(out)
    if not out.absolute().parent.is_dir():
        raise BadInput(f"the folder {out.absolute().parent} does not exist", "Make it first, or choose another place.")
    request = {"model": info.id, "out": str(out.absolute()), "reason": reason}
    return ws.submit(
        rights.EXPORT, "medstation.actions.carrying:take", request, f"Export {info.name}", wait_for_warm=False
    )


def bring(request: Json, desk: Desk) -> Json:
    with at_work(request, desk) as bench:
        path = Path(request["path"])
        desk.report(0.0, "reading the model")
        draft, described = _from_package(path) if is_package(path) else _from_task(bench, path, request["task"])
        spec, recipe = bench.registry.recipe(draft.recipe, task=described["task"])
        if request["task"] not in ("", spec.id):
            raise BadInput(f"{path.name} is a model of {spec.id}", f"Leave --task {request['task']} out.")
        desk.report(0.7, "storing it")
        name = request["name"] or described["name"]
        card = {**described["card"], "imported": path.name}
        model = bench.library.add_model(name, spec.id, recipe.id, draft.weights, draft.config, card)
        return {"model": model.id, "name": model.name, "version": model.version, "task": spec.id, "recipe": recipe.id}


def take(request: Json, desk: Desk) -> Json:
    with at_work(request, desk) as bench:
        bench.library.check_export(request["reason"])
        info = bench.library.model(request["model"])
        desk.report(0.0, "writing the model")
        write = resolve_ref(bench.registry.task(info.task).export_model)
        files = [str(path) for path in write(info, bench.library.weights(info.id), Path(request["out"]))]
        bench.library.note_export(info.id, "model folder", files, request["reason"])
        return {"files": files}


def _from_package(path: Path) -> tuple[ModelDraft, Json]:
    described, weights = read_package(path)
    draft = ModelDraft(str(described["recipe"]), weights, dict(described["config"]))
    return draft, {
        "name": str(described["name"]),
        "task": str(described["task"]),
        "card": dict(described.get("card", {})),
    }


def _from_task(bench: Bench, path: Path, task: str) -> tuple[ModelDraft, Json]:
    """Each task that takes models of other programs is asked; the first that knows this one reads it."""
    tasks = [bench.registry.task(task)] if task else list(bench.registry.tasks.values())
    asked = [spec for spec in tasks if spec.import_model]
    ready = [spec for spec in asked if not bench.registry.missing(spec.id)]
    for spec in ready:
        draft: ModelDraft | None = resolve_ref(spec.import_model)(path)
        if draft is not None:
            name = _NOT_IN_NAMES.sub("-", path.name).strip()[:100]
            return draft, {"name": name, "task": spec.id, "card": {}}
    if path.is_dir() and (unready := [spec for spec in asked if spec not in ready]):
        raise _lacking(bench, path, unready[0])
    raise Refused(
        f"{path.name} is no model {'folder' if path.is_dir() else 'package'} that is known here",
        "Packages with safetensors weights are taken, and folders with safetensors weights that a task can read; "
        "pickled checkpoints (.pt, .pth, .bin) can run code.",
    )


def _lacking(bench: Bench, path: Path, spec: TaskSpec) -> Unavailable:
    need = bench.registry.missing(spec.id)[0]
    return Unavailable(f"{path.name} was not read: {spec.title} lacks {need.module}", need.install)
