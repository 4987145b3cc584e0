"""The conformance suite for plugins: `medstation plugins check`, and for a plugin's own tests.

def test_my_plugin_keeps_the_contract() -> None:
    assert check_plugin("medstation_mine.plugin") == []
"""

from __future__ import annotations

import importlib
import inspect
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from medstation.api.errors import MedStationError
from medstation.api.loading import tasks_of
from medstation.api.records import Found, RecordDraft, Skipped
from medstation.api.settings import resolve
from medstation.api.task import Ref, TaskSpec, resolve_ref
from medstation.api.validation import Problem, check_spec

HEAVY = ("PySide6", "PySide2", "PyQt5", "PyQt6", "torch", "monai", "transformers", "tensorflow", "jax", "accelerate")
"""What a plugin module must not import: every start of MedStation would wait for it."""
_ALLOWED = ("medstation.api", "medstation.learning")
_LOOK = "import importlib, json, sys; importlib.import_module(sys.argv[1]); print(json.dumps(sorted(sys.modules)))"


def check_plugin(module_name: str, samples: Path | None = None) -> list[Problem]:
    """Everything that the plugin `module_name` does not keep to; see `check_task` for `samples`."""
    problems = list(_imports(module_name))
    if problems:
        return problems
    try:
        tasks = tasks_of(importlib.import_module(module_name))
    except Exception as error:
        return [Problem(module_name, f"its register_tasks hook raised {type(error).__name__}: {error}")]
    if not tasks:
        return [Problem(module_name, "it registers no task", "Mark its register_tasks function with hookimpl.")]
    return [problem for task in tasks for problem in check_task(task, samples)]


def check_task(spec: TaskSpec, samples: Path | None = None) -> list[Problem]:
    """Everything that a task does not keep to.

    The heavy parts are imported when their requirements are there. `samples` is a folder of files for the importer.
    """
    problems = check_spec(spec)
    if problems or not _requirements_met(spec):
        return problems
    problems = list(_parts(spec))
    return problems or list(_importer(spec, samples))


def _imports(module_name: str) -> Iterator[Problem]:
    """Import the plugin in a fresh interpreter and look at what came along."""
    path = os.pathsep.join(entry for entry in sys.path if entry)
    command = [sys.executable, "-P", "-c", _LOOK, module_name]
    seen = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path}, check=False)
    if seen.returncode != 0:
        last = (seen.stderr.strip().splitlines() or [f"exit code {seen.returncode}"])[-1]
        yield Problem(module_name, f"it cannot be imported: {last}")
        return
    loaded = json.loads(seen.stdout.splitlines()[-1])
    for module in HEAVY:
        if module in loaded:
            yield Problem(module_name, f"importing it imports {module}", 'Name heavy parts as text, "module:Name".')
    for module in loaded:
        if module.startswith("medstation.") and not module.startswith(_ALLOWED):
            yield Problem(
                module_name, f"importing it imports {module}", "A plugin module may use medstation.api and .learning."
            )


def _requirements_met(spec: TaskSpec) -> bool:
    return all(find_spec(requirement.module.partition(".")[0]) for requirement in spec.requirements)


def _parts(spec: TaskSpec) -> Iterator[Problem]:
    """Each part is there and can be called with what it will be given."""
    yield from _part(f"{spec.id}.importer", spec.importer, 1)
    yield from _part(f"{spec.id}.view", spec.view, 2, _view)
    if spec.picture:
        yield from _part(f"{spec.id}.picture", spec.picture, 4)
    if spec.explain_picture:
        yield from _part(f"{spec.id}.explain_picture", spec.explain_picture, 3)
    if spec.deidentify:
        yield from _part(f"{spec.id}.deidentify", spec.deidentify, 5)
    if spec.deidentify_look:
        yield from _part(f"{spec.id}.deidentify_look", spec.deidentify_look, 2)
    if spec.import_model:
        yield from _part(f"{spec.id}.import_model", spec.import_model, 1)
    if spec.export_model:
        yield from _part(f"{spec.id}.export_model", spec.export_model, 3)
    for kind in spec.label_kinds:
        yield from _part(f"{spec.id}/{kind.id}.reader", kind.reader, 3)
        if kind.belongs_to:
            yield from _part(f"{spec.id}/{kind.id}.belongs_to", kind.belongs_to, 1)
    for recipe in spec.recipes:
        where = f"{spec.id}/{recipe.id}"
        yield from _part(f"{where}.trainer", recipe.trainer, 2)
        yield from _part(f"{where}.predictor", recipe.predictor, 2)
        yield from _part(f"{where}.score", recipe.score, 4)
    for exporter in spec.exporters:
        yield from _part(f"{spec.id}/{exporter.format}.write", exporter.write, 3)
    if spec.demo:
        yield from _part(f"{spec.id}/demo.samples", spec.demo.samples, 2)


def _part(
    where: str, ref: Ref, count: int, look: Callable[[str, Any], Iterator[Problem]] | None = None
) -> Iterator[Problem]:
    try:
        part = resolve_ref(ref)
    except MedStationError as error:
        yield Problem(where, error.message, error.hint)
        return
    except Exception as error:
        yield Problem(where, f"{ref} cannot be imported: {type(error).__name__}: {error}")
        return
    if not callable(part):
        yield Problem(where, f"{ref} is a {type(part).__name__} and cannot be called")
    elif not _takes(part, count):
        yield Problem(where, f"{ref}{_signature(part)} cannot be called with {count} arguments")
    elif look:
        yield from look(where, part)


def _view(where: str, view: Any) -> Iterator[Problem]:
    for method in ("show_layer", "hide_layer", "go_to", "state", "restore"):
        if not callable(getattr(view, method, None)):
            yield Problem(where, f"{view.__name__} has no method {method}", "See medstation.api.view.DataView.")


def _takes(part: Any, count: int) -> bool:
    try:
        inspect.signature(part).bind(*range(count))
    except TypeError:
        return False
    except ValueError:  # written in C without a signature: nothing to compare
        return True
    return True


def _signature(part: Any) -> str:
    return str(inspect.signature(part))


def _importer(spec: TaskSpec, samples: Path | None) -> Iterator[Problem]:
    where = f"{spec.id}.importer"
    importer = resolve_ref(spec.importer)(resolve(spec.import_settings, {}))
    lacking = [
        name for name in ("wants", "scan", "assemble", "thumbnail") if not callable(getattr(importer, name, None))
    ]
    if lacking:
        yield Problem(where, "lacks " + ", ".join(lacking), "See medstation.api.Importer.")
        return
    with tempfile.TemporaryDirectory() as folder:
        yield from _bad_files(where, importer, Path(folder))
    if samples:
        yield from _samples(where, spec, importer, samples)


def _bad_files(where: str, importer: Any, folder: Path) -> Iterator[Problem]:
    """Files that are nothing, whatever their names say, are skipped with a reason, never an exception."""
    (folder / "empty").write_bytes(b"")
    (folder / "text.dcm").write_text("not what its name says")
    (folder / "zeros.bin").write_bytes(bytes(4096))
    for path in sorted(folder.iterdir()):
        yield from _tried(where, f"wants({path.name})", partial(importer.wants, path), bool)
        yield from _tried(where, f"scan([{path.name}])", partial(_scan, importer, path), list)
    missing = folder / "missing"
    yield from _tried(where, "scan([missing])", partial(_scan, importer, missing), list)


def _scan(importer: Any, path: Path) -> list[object]:
    return list(importer.scan([path]))


def _tried(where: str, call: str, act: Callable[[], object], wanted: type) -> Iterator[Problem]:
    try:
        answer = act()
    except Exception as error:
        yield Problem(where, f"{call} raised {type(error).__name__}: {error}", "A bad file is Skipped, with a reason.")
        return
    if not isinstance(answer, wanted):
        yield Problem(where, f"{call} gave a {type(answer).__name__}, not a {wanted.__name__}")


def _samples(where: str, spec: TaskSpec, importer: Any, samples: Path) -> Iterator[Problem]:
    """The importer makes records of the declared kinds from good files."""
    paths = [path for path in sorted(samples.rglob("*")) if path.is_file() and importer.wants(path)]
    groups: dict[tuple[str, str], list[Found]] = {}
    for item in importer.scan(paths):
        if isinstance(item, Found):
            groups.setdefault((item.person.key, item.group), []).append(item)
        elif not isinstance(item, Skipped):
            yield Problem(where, f"scan gave a {type(item).__name__}", "Give Found or Skipped.")
    if not groups:
        yield Problem(where, f"scan found nothing in {samples}")
    for group in groups.values():
        for draft in importer.assemble(group):
            yield from _draft(where, spec, draft, len(group))


def _draft(where: str, spec: TaskSpec, draft: object, files: int) -> Iterator[Problem]:
    if isinstance(draft, Skipped):
        return
    if not isinstance(draft, RecordDraft):
        yield Problem(where, f"assemble gave a {type(draft).__name__}", "Give RecordDraft or Skipped.")
        return
    if draft.kind not in spec.record_kinds:
        yield Problem(where, f"assemble made a record of kind {draft.kind!r}, which the task does not declare")
    if not all(0 <= index < files for index in draft.files):
        yield Problem(where, f"the record {draft.title!r} names files that its group does not have")
    try:
        json.dumps(draft.meta)
    except TypeError as error:
        yield Problem(where, f"the meta of record {draft.title!r} is not JSON: {error}")
