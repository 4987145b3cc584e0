"""The conformance suite passes a good plugin and names what is wrong with a bad one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from medstation.api.testing import HEAVY, check_plugin

PLUGIN = """
from medstation.api import API_VERSION, Exporter, LabelKind, MetricSpec, Recipe, Requirement, TaskSpec, hookimpl

@hookimpl
def register_tasks(register):
    register(TaskSpec(
        "waves.record", "Waves", "Looks at waves.", "~", API_VERSION, ("*.wave",), ("wave",),
        (LabelKind("class", "Class", "{package}.parts:read_label"),),
        (Recipe("classification", "Classification", "One class.", "class", ("wave",), (),
            (MetricSpec("accuracy", "Accuracy"),), "{package}.parts:train", "{package}.parts:load",
            "{package}.parts:score"),),
        (Exporter("csv", "Table", ".csv", ("record",), "{package}.parts:write"),),
        "{package}.parts:Importer", "{package}.parts:View", {requirements},
    ))
"""
PARTS = """
from medstation.api import Found, Person, RecordDraft, Skipped

class Importer:
    def __init__(self, settings): ...
    def wants(self, path): return path.suffix == ".wave"
    def scan(self, paths):
        for path in paths:
            good = path.is_file() and path.read_bytes()[:4] == b"WAVE"
            yield Found(path, "g", Person("p"), {}) if good else Skipped(path, "not a wave")
    def assemble(self, group): return [RecordDraft("wave", "Wave", tuple(range(len(group))))]
    def thumbnail(self, record, files): return None

class View:
    def __init__(self, context, parent=None): ...
    def show_layer(self, layer): ...
    def hide_layer(self, layer_id): ...
    def go_to(self, place): ...
    def state(self): return {}
    def restore(self, state): ...

def read_label(record, files, path): ...
def train(request, bench): yield None
def load(model, weights): ...
def score(record, files, prediction, label): return {}
def write(item, files, out): return []
"""
NUMBERS = count()
MakePlugin = Callable[..., str]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakePlugin:
    monkeypatch.syspath_prepend(tmp_path)

    def make(name: str, parts: str = PARTS, plugin: str = PLUGIN, requirements: str = "()") -> str:
        package = f"{name}_{next(NUMBERS)}"  # modules stay loaded: each needs a name of its own
        folder = tmp_path / package
        folder.mkdir()
        folder.joinpath("plugin.py").write_text(
            plugin.replace("{package}", package).replace("{requirements}", requirements)
        )
        folder.joinpath("parts.py").write_text(parts)
        return f"{package}.plugin"

    return make


def test_a_good_plugin_keeps_the_contract(make: MakePlugin, tmp_path: Path) -> None:
    samples = tmp_path / "samples"
    samples.mkdir()
    (samples / "a.wave").write_bytes(b"WAVE data")
    assert check_plugin(make("good_waves"), samples) == []


@pytest.mark.parametrize(
    ("before", "after", "where", "message"),
    [
        ("def train(request, bench)", "def train(request)", "classification.trainer", "2 arguments"),
        ("def score(", "def scores(", "classification.score", "does not exist"),
        ("def load(model, weights): ...", "load = 3", "classification.predictor", "cannot be called"),
        ("def go_to(self", "def went_to(self", "record.view", "go_to"),
        ("def assemble(self", "def build(self", "record.importer", "assemble"),
        ("if good else Skipped", 'if good else 1 / 0 if path.name != "x" else Skipped', "record.importer", "Division"),
        ('return path.suffix == ".wave"', 'return ""', "record.importer", "not a bool"),
        ('RecordDraft("wave"', 'RecordDraft("ripple"', "record.importer", "'ripple'"),
        ("tuple(range(len(group)))", "(7,)", "record.importer", "names files"),
        ("from medstation.api import Found", "import absent_module\nfrom medstation.api import Found", "", "absent"),
    ],
)
def test_each_fault_of_a_part_is_found(
    make: MakePlugin, tmp_path: Path, before: str, after: str, where: str, message: str
) -> None:
    assert before in PARTS
    samples = tmp_path / "samples"
    samples.mkdir()
    (samples / "a.wave").write_bytes(b"WAVE data")
    name = make("bad_waves", PARTS.replace(before, after))
    problems = check_plugin(name, samples)
    assert [one for one in problems if where in one.where and message in one.message], problems


def test_a_plugin_that_imports_heavy_things_is_found(make: MakePlugin, tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("")
    problems = check_plugin(make("heavy_waves", plugin="import torch\n" + PLUGIN))
    assert "importing it imports torch" in str(problems[0])


def test_a_plugin_that_reaches_past_the_api_is_found(make: MakePlugin) -> None:
    problems = check_plugin(make("nosy_waves", plugin="import medstation.jobs.parent\n" + PLUGIN))
    assert any("medstation.jobs" in str(problem) for problem in problems)


def test_parts_whose_requirements_are_missing_are_left_alone(make: MakePlugin) -> None:
    needs = '(Requirement("absent_module", "pip install it"),)'
    assert check_plugin(make("poor_waves", "import absent_module", requirements=needs)) == []


@pytest.mark.parametrize("source", ["raise SystemExit(3)", "import os; os.abort()", "1 / 0"])
def test_a_plugin_that_cannot_be_imported_is_a_problem_not_a_crash(make: MakePlugin, source: str) -> None:
    problems = check_plugin(make("dead_waves", plugin=source))
    assert "cannot be imported" in problems[0].message


def test_a_module_without_the_hook_is_a_problem(make: MakePlugin) -> None:
    assert "registers no task" in check_plugin(make("idle_waves", plugin="x = 1"))[0].message


def test_the_api_itself_loads_nothing_heavy() -> None:
    code = "import sys, medstation.api; print([name for name in sys.argv[1:] if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code, *HEAVY, "numpy"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.slow
def test_medstations_own_imaging_plugin_keeps_the_contract() -> None:
    pytest.importorskip("monai", reason="needs the extra medstation[imaging]")
    assert check_plugin("medstation_imaging.plugin") == []
