"""Model packages: one zip file with weights as safetensors and a description as JSON. Nothing in it is ever run."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path

from medstation.actions.workstation import Workstation
from medstation.api import BadInput, Json, Refused, must_be_new

DESCRIPTION = "model.json"
WEIGHTS = "weights.safetensors"
LARGEST = 32 * 2**30
LARGEST_DESCRIPTION = 4 * 2**20


def export_model(ws: Workstation, model: str, out: Path, reason: str = "") -> Path:
    """Write a model package; the card goes with it (numbers and settings, no names of patients)."""
    ws.library.check_export(reason)
    info = ws.library.model(model)
    must_be_new(out)
    if not out.parent.is_dir():
        raise BadInput(f"the folder {out.parent} does not exist", "Make it first, or choose another place.")
    described = {"name": info.name, "task": info.task, "recipe": info.recipe, "config": info.config, "card": info.card}
    with zipfile.ZipFile(out, "x", zipfile.ZIP_STORED) as package:
        package.writestr(DESCRIPTION, json.dumps(described, indent=2, ensure_ascii=False))
        package.writestr(WEIGHTS, ws.library.weights(info.id))
    ws.library.note_export(info.id, "model package", [str(out)], reason)
    return out


def is_package(path: Path) -> bool:
    """Whether a file looks like a package: a pickled checkpoint can be a zip file too."""
    try:
        with zipfile.ZipFile(path) as package:
            return DESCRIPTION in package.namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return False


def read_package(path: Path) -> tuple[Json, bytes]:
    """(description, weights); `Refused` (exit code 4) for anything that is not what it says."""
    try:
        with zipfile.ZipFile(path) as package:
            return _read(path, package)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise Refused(f"{path.name} is a damaged package: {error}", "Export the model again.") from error


def _read(path: Path, package: zipfile.ZipFile) -> tuple[Json, bytes]:
    entries = package.infolist()
    sizes = {entry.filename: entry.file_size for entry in entries}
    if set(sizes) != {DESCRIPTION, WEIGHTS} or len(entries) != 2:
        raise Refused(f"{path.name} holds other files than {DESCRIPTION} and {WEIGHTS}", "Export it again.")
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):  # a small file could fill the memory
        raise Refused(f"{path.name} is compressed; packages never are", "Export the model again.")
    if sizes[DESCRIPTION] > LARGEST_DESCRIPTION or sizes[WEIGHTS] > LARGEST:
        raise Refused(f"{path.name} is larger than a model may be", "Check where the file came from.")
    if sum(sizes.values()) > path.stat().st_size:
        raise Refused(f"{path.name} is a damaged package: it is cut off", "Export the model again.")
    described, weights = _description(path, package.read(DESCRIPTION)), package.read(WEIGHTS)
    said = described.get("card", {}).get("sha256", "")
    if said and said != hashlib.sha256(weights).hexdigest():
        raise Refused(f"the weights in {path.name} are not those that its card describes", "Export the model again.")
    return described, weights


def _description(path: Path, raw: bytes) -> Json:
    try:
        described = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise Refused(f"the description in {path.name} is no JSON: {error}", "Export the model again.") from error
    if not isinstance(described, dict) or not {"name", "task", "recipe", "config"} <= set(described):
        raise Refused(f"the description in {path.name} lacks name, task, recipe or config", "Export the model again.")
    if not all(isinstance(described.get(part, {}), dict) for part in ("config", "card")):
        raise Refused(f"the config or card in {path.name} is no JSON object", "Export the model again.")
    return described
