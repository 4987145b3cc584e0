"""Model packages: one zip file with weights as safetensors and a description as JSON. Nothing in it is ever run."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from medstation.actions.workstation import Workstation
from medstation.api import BadInput, Json, ModelInfo, NotFound, Refused

DESCRIPTION = "model.json"
WEIGHTS = "weights.safetensors"
LARGEST = 32 * 2**30
LARGEST_DESCRIPTION = 4 * 2**20


def export_model(ws: Workstation, model: str, out: Path) -> Path:
    """Write a model package; the card goes with it (numbers and settings, no names of patients)."""
    info = ws.library.model(model)
    if out.exists():
        raise BadInput(f"{out} exists already", "Choose another name; nothing is overwritten.")
    if not out.parent.is_dir():
        raise BadInput(f"the folder {out.parent} does not exist", "Make it first, or choose another place.")
    described = {"name": info.name, "task": info.task, "recipe": info.recipe, "config": info.config, "card": info.card}
    with zipfile.ZipFile(out, "x", zipfile.ZIP_STORED) as package:
        package.writestr(DESCRIPTION, json.dumps(described, indent=2, ensure_ascii=False))
        package.writestr(WEIGHTS, ws.library.weights(info.id))
    ws.library.note_export(info.id, "model package", [str(out)])
    return out


def import_model(ws: Workstation, path: Path, name: str = "") -> ModelInfo:
    """A model from a package; `Refused` (exit code 4) for anything that could run code or is not what it says."""
    if not path.exists():
        raise NotFound(f"{path} does not exist", "Check the path of the model package.")
    described, weights = _read(path)
    spec, recipe = ws.registry.recipe(str(described["recipe"]), task=str(described["task"]))
    card = {**dict(described.get("card", {})), "imported": path.name}
    return ws.library.add_model(name or str(described["name"]), spec.id, recipe.id, weights, described["config"], card)


def _read(path: Path) -> tuple[Json, bytes]:
    if not path.is_file() or not zipfile.is_zipfile(path):
        raise Refused(
            f"{path.name} is no model package",
            "Only packages with safetensors weights are taken; pickled checkpoints (.pt, .pth, .bin) can run code.",
        )
    with zipfile.ZipFile(path) as package:
        sizes = {entry.filename: entry.file_size for entry in package.infolist()}
        if set(sizes) != {DESCRIPTION, WEIGHTS}:
            raise Refused(f"{path.name} holds other files than {DESCRIPTION} and {WEIGHTS}", "Export it again.")
        if sizes[DESCRIPTION] > LARGEST_DESCRIPTION or sizes[WEIGHTS] > LARGEST:
            raise Refused(f"{path.name} is larger than a model may be", "Check where the file came from.")
        return _description(path, package.read(DESCRIPTION)), package.read(WEIGHTS)


def _description(path: Path, raw: bytes) -> Json:
    try:
        described = json.loads(raw)
    except ValueError as error:
        raise Refused(f"the description in {path.name} is no JSON: {error}", "Export the model again.") from error
    if not isinstance(described, dict) or not {"name", "task", "recipe", "config"} <= set(described):
        raise Refused(f"the description in {path.name} lacks name, task, recipe or config", "Export the model again.")
    return described
