"""Every plugin is loaded alone; one that is out of order is shown with its reason and stops nothing else."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from medstation.api import API_VERSION, NotFound, WrongUsage
from medstation.registry import PluginInfo, Registry

SPEC = """
from medstation.api import LabelKind, MetricSpec, Recipe, Requirement, Setting, TaskSpec, hookimpl

def spec(task_id, **changes):
    fields = dict(
        id=task_id, title="Waves", summary="Looks at waves.", icon="~", api_version="{version}", accepts=("*.wave",),
        record_kinds=("wave",), label_kinds=(LabelKind("class", "Class", "waves.labels:read", ("*.json",)),),
        recipes=(Recipe("classification", "Classification", "One class.", "class", ("wave",),
            (Setting("epochs", "integer", 5, "Epochs"),), (MetricSpec("accuracy", "Accuracy"),),
            "waves.trainer:train", "waves.predictor:load", "waves.score:score"),),
        exporters=(), importer="waves.files:Importer", view="waves.view:View",
    )
    return TaskSpec(**{{**fields, **changes}})

@hookimpl
def register_tasks(register):
    {body}
"""
InstallPlugin = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InstallPlugin:
    """Installs a plugin as pip would: a module, and the metadata of a distribution with an entry point."""
    monkeypatch.syspath_prepend(tmp_path)

    def install(name: str, body: str = "", *, source: str = "", version: str = API_VERSION) -> None:
        module = f"installed_{name}"
        tmp_path.joinpath(f"{module}.py").write_text(source or SPEC.format(body=body, version=version))
        folder = tmp_path / f"medstation_{name}-1.2.dist-info"
        folder.mkdir()
        folder.joinpath("METADATA").write_text(f"Metadata-Version: 2.1\nName: medstation-{name}\nVersion: 1.2\n")
        folder.joinpath("entry_points.txt").write_text(f"[medstation.tasks]\n{name} = {module}\n")
        monkeypatch.delitem(sys.modules, module, raising=False)

    return install


def plugin(registry: Registry, name: str) -> PluginInfo:
    return next(one for one in registry.plugins if one.name == name)


def test_a_plugin_in_order_is_ready_with_its_tasks(install: InstallPlugin) -> None:
    install("waves", 'register(spec("waves.record"))')
    registry = Registry.discover()
    found = plugin(registry, "waves")
    assert (found.state, found.reason, found.tasks) == ("ready", "", ("waves.record",))
    assert (found.distribution, found.version, found.api_version) == ("medstation-waves", "1.2", API_VERSION)
    assert registry.task("waves.record").title == "Waves"
    assert registry.missing("waves.record") == ()


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("raise RuntimeError('no luck')", "RuntimeError: no luck"),
        ("import no_such_module_at_all", "no_such_module_at_all"),
        ("import sys; sys.exit(3)", "SystemExit"),
        ("def broken(:", "SyntaxError"),
        ("x = 1", "registers no task"),
        ("from medstation.api import hookimpl\n@hookimpl\ndef register_tasks(register, more): ...", "more"),
        ("from medstation.api import hookimpl\n@hookimpl\ndef register_tasks(register): 1 / 0", "ZeroDivisionError"),
        ("from medstation.api import hookimpl\n@hookimpl\ndef register_tasks(register): register('x')", "a str"),
    ],
)
def test_a_plugin_that_fails_is_shown_with_its_reason_and_the_others_go_on(
    install: InstallPlugin, source: str, reason: str
) -> None:
    install("awful", source=source)
    install("waves", 'register(spec("waves.record"))')
    registry = Registry.discover()
    found = plugin(registry, "awful")
    assert found.state == "broken"
    assert reason in found.reason
    assert "medstation-awful" in found.hint or "hookimpl" in found.hint
    assert found.tasks == ()
    assert plugin(registry, "waves").state == "ready"


def test_a_plugin_that_raises_is_shown_with_its_traceback(install: InstallPlugin) -> None:
    install("awful", source="def deep():\n    raise RuntimeError('no luck')\ndeep()")
    assert "in deep" in plugin(Registry.discover(), "awful").traceback


@pytest.mark.parametrize("version", ["2.0", "0.9", "1.99", "new"])
def test_a_plugin_for_another_api_is_refused_with_both_versions(install: InstallPlugin, version: str) -> None:
    install("waves", 'register(spec("waves.record"))', version=version)
    found = plugin(Registry.discover(), "waves")
    assert found.state == "broken"
    assert version in found.reason
    assert found.api_version == version


def test_a_task_that_is_there_already_is_not_replaced(install: InstallPlugin) -> None:
    install("a_first", 'register(spec("waves.record", title="First"))')
    install("b_second", 'register(spec("waves.record", title="Second"))')
    registry = Registry.discover()
    assert registry.task("waves.record").title == "First"
    assert "waves.record" in plugin(registry, "b_second").reason


def test_a_plugin_that_brings_a_task_twice_is_broken(install: InstallPlugin) -> None:
    install("waves", 'register(spec("waves.record")); register(spec("waves.record"))')
    assert plugin(Registry.discover(), "waves").state == "broken"


def test_a_task_whose_needs_are_missing_is_unavailable_and_says_what_to_install(install: InstallPlugin) -> None:
    needs = '(Requirement("json", "-"), Requirement("json.absent", "pip install a"), Requirement("absent.x", "get b"))'
    install("waves", f'register(spec("waves.record", requirements={needs}))')
    registry = Registry.discover()
    found = plugin(registry, "waves")
    assert (found.state, found.tasks) == ("unavailable", ("waves.record",))
    assert "json.absent" in found.reason and "absent.x" in found.reason
    assert found.hint == "pip install a; get b"
    assert [need.module for need in registry.missing("waves.record")] == ["json.absent", "absent.x"]


def test_looking_for_what_is_missing_imports_nothing(install: InstallPlugin, tmp_path: Path) -> None:
    (tmp_path / "heavy").mkdir()
    (tmp_path / "heavy" / "__init__.py").write_text("raise SystemError('imported')")
    (tmp_path / "heavy" / "part.py").write_text("raise SystemError('imported')")
    install("waves", 'register(spec("waves.record", requirements=(Requirement("heavy.part", "-"),)))')
    assert plugin(Registry.discover(), "waves").state == "ready"


def test_safe_mode_leaves_out_what_is_not_medstations_own(install: InstallPlugin) -> None:
    install("waves", 'register(spec("waves.record"))')
    assert "waves" not in [one.name for one in Registry.discover(safe_mode=True).plugins]


def test_a_built_in_plugin_is_found_without_being_installed_and_only_once(
    install: InstallPlugin, tmp_path: Path
) -> None:
    (tmp_path / "medstation_ripples").mkdir()
    source = SPEC.format(body='register(spec("ripples.record"))', version=API_VERSION)
    (tmp_path / "medstation_ripples" / "plugin.py").write_text(source)
    install("waves", 'register(spec("waves.record"))')
    registry = Registry.discover(extra=("medstation_ripples.plugin", "installed_waves"))
    assert plugin(registry, "ripples").state == "ready"
    assert [one.name for one in registry.plugins if one.tasks == ("waves.record",)] == ["waves"]


def test_a_recipe_is_found_by_its_id_where_that_is_enough(install: InstallPlugin) -> None:
    install("waves", 'register(spec("waves.record"))')
    registry = Registry.discover()
    for found in (
        registry.recipe("waves.record/classification"),
        registry.recipe("classification", task="waves.record"),
    ):
        assert (found[0].id, found[1].id) == ("waves.record", "classification")


def test_a_recipe_of_two_tasks_has_to_be_named_in_full(install: InstallPlugin) -> None:
    install("waves", 'register(spec("waves.one")); register(spec("waves.two"))')
    with pytest.raises(WrongUsage) as raised:
        Registry.discover().recipe("classification")
    assert "waves.one/classification, waves.two/classification" in raised.value.hint


def test_what_does_not_exist_is_named_with_what_does(install: InstallPlugin) -> None:
    install("waves", 'register(spec("waves.record"))')
    install("awful", source="1 / 0")
    registry = Registry.discover()
    with pytest.raises(NotFound, match=r"waves\.nothing") as task:
        registry.task("waves.nothing")
    assert "waves.record" in task.value.hint and "awful" in task.value.hint
    with pytest.raises(NotFound, match="guessing") as recipe:
        registry.recipe("guessing")
    assert "waves.record/classification" in recipe.value.hint


def test_the_room_loads_neither_qt_nor_torch() -> None:
    code = "import sys, medstation.registry, medstation.jobs; print({'PySide6', 'torch', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
