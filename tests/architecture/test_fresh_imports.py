"""Light things stay light: what the window and the registry import loads neither Qt nor torch."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from source import ROOT, plugin_modules

QT = {"PySide6", "shiboken6", "pyqtgraph", "qasync"}
LEARNING = {"torch", "monai", "transformers", "accelerate"}
MEDICINE = {"pydicom", "highdicom", "nibabel", "imagecodecs", "scipy", "matplotlib"}
NO_QT_NO_TORCH = ("api", "vault", "library", "jobs", "registry", "actions", "cli")

PROGRAM = """
import importlib, json, sys
for target in sys.argv[1:]:
    module, _, name = target.partition(":")
    loaded = importlib.import_module(module)
    if name:
        getattr(loaded, name)
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""

REFS = """
import importlib, json, sys
found = []
importlib.import_module(sys.argv[1]).register_tasks(found.append)
print(json.dumps([{
    "view": [task.view],
    "importer": [task.importer],
    "work": [ref for recipe in task.recipes for ref in (recipe.trainer, recipe.predictor, recipe.score)],
    "files": [kind.reader for kind in task.label_kinds] + [exporter.write for exporter in task.exporters],
} for task in found]))
"""


def answer(program: str, *arguments: str) -> list:
    """What a program says in an interpreter of its own."""
    paths = [str(ROOT), str(ROOT / "plugins"), str(ROOT / "resources"), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def loaded_by(*targets: str) -> set[str]:
    return set(answer(PROGRAM, *targets))


def test_the_public_contract_loads_neither_qt_nor_torch_nor_numpy() -> None:
    assert not loaded_by("medstation.api") & (QT | LEARNING | MEDICINE | {"numpy"})


@pytest.mark.parametrize("plugin", plugin_modules())
def test_a_plugin_module_loads_nothing_heavy(plugin: str) -> None:
    assert not loaded_by("medstation.api", plugin) & (QT | LEARNING | MEDICINE)


@pytest.mark.parametrize("room", NO_QT_NO_TORCH)
def test_a_room_below_the_window_loads_neither_qt_nor_torch(room: str) -> None:
    modules = sorted(
        "medstation." + ".".join(path.relative_to(ROOT / "medstation").with_suffix("").parts)
        for path in (ROOT / "medstation" / room).rglob("*.py")
        if path.stem not in ("__init__", "__main__")
    )
    assert not loaded_by(f"medstation.{room}", *modules) & (QT | LEARNING)


@pytest.mark.parametrize("plugin", plugin_modules())
def test_what_a_plugin_names_loads_only_what_its_place_may_use(plugin: str) -> None:
    for task in answer(REFS, plugin):
        assert not loaded_by(*task["view"]) & LEARNING, "a view runs in the window: no torch there"
        assert not loaded_by(*task["importer"]) & (QT | LEARNING), "an importer reads files: no Qt, no torch"
        assert not loaded_by(*task["files"]) & (QT | LEARNING), "readers and exporters: no Qt, no torch"
        assert not loaded_by(*task["work"]) & QT, "trainers, predictors and scores run in a worker: no Qt"


def test_the_window_starts_without_torch() -> None:
    assert not loaded_by("medstation.app", "medstation.shell") & LEARNING


def test_what_descriptors_and_reports_need_of_the_engine_loads_no_torch() -> None:
    assert not loaded_by("medstation.learning.settings", "medstation.learning.intervals") & (QT | LEARNING)
