"""A declaration that cannot work is found before it is used, and the place is named."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from medstation.api import API_VERSION, Exporter, LabelKind, MetricSpec, Recipe, Requirement, Setting, TaskSpec
from medstation.api.task import Demo
from medstation.api.validation import check_spec, check_version

RECIPE = Recipe(
    "classification", "Classification", "One class.", "class", ("wave",),
    (Setting("epochs", "integer", 5, "Epochs", minimum=1, maximum=100),), (MetricSpec("accuracy", "Accuracy"),),
    "waves.trainer:train", "waves.predictor:load", "waves.score:score",
)  # fmt: skip
LABEL = LabelKind("class", "Class", "waves.labels:read", ("*.json",))
EXPORTER = Exporter("csv", "Table", ".csv", ("record",), "waves.export:write", ("wave",))
SPEC = TaskSpec(
    "waves.record", "Waves", "Looks at waves.", "~", API_VERSION, ("*.wave",), ("wave",), (LABEL,), (RECIPE,),
    (EXPORTER,), "waves.files:Importer", "waves.view:View", (Requirement("json", "-"),),
    picture="waves.picture:draw", demo=Demo("waves.samples:make", "classification", {"epochs": 2}), warm=("json",),
)  # fmt: skip


def with_recipe(**changes: Any) -> TaskSpec:
    return replace(SPEC, recipes=(replace(RECIPE, **changes),))


def with_setting(*arguments: Any, **options: Any) -> TaskSpec:
    return with_recipe(settings=(Setting(*arguments, **options),))


def test_a_declaration_in_order_has_no_problem() -> None:
    assert check_spec(SPEC) == []


@pytest.mark.parametrize(
    ("spec", "where", "message"),
    [
        ("text", "register_tasks", "a str"),
        (replace(SPEC, id="waves"), "waves", "plugin.task"),
        (replace(SPEC, id="Waves.Record"), "Waves.Record", "plugin.task"),
        (replace(SPEC, api_version="2.0"), "waves.record", "2.0"),
        (replace(SPEC, title=""), "waves.record", "title"),
        (replace(SPEC, title=3), "waves.record.title", "int"),
        (replace(SPEC, record_kinds="wave"), "waves.record.record_kinds", "not a tuple"),
        (replace(SPEC, record_kinds=(1,)), "waves.record.record_kinds[0]", "int"),
        (replace(SPEC, recipes=(LABEL,)), "waves.record.recipes[0]", "not a Recipe"),
        (replace(SPEC, recipes=(replace(RECIPE, id=None),)), "waves.record.recipes[0].id", "NoneType"),
        (replace(SPEC, importer="waves.files"), "waves.record.importer", "package.module:Name"),
        (replace(SPEC, picture="draw"), "waves.record.picture", "package.module:Name"),
        (replace(SPEC, label_kinds=(LABEL, LABEL)), "waves.record", "twice"),
        (replace(SPEC, recipes=(RECIPE, RECIPE)), "waves.record", "twice"),
        (replace(SPEC, warm=("not a module",)), "waves.record", "not a module"),
        (replace(SPEC, requirements=(Requirement("json", ""),)), "waves.record/json", "install"),
        (with_recipe(label_kind="mask"), "waves.record/classification", "'mask'"),
        (with_recipe(record_kinds=("image",)), "waves.record/classification", "'image'"),
        (with_recipe(metrics=()), "waves.record/classification", "metrics"),
        (with_recipe(trainer=":train"), "waves.record/classification.trainer", ":train"),
        (with_recipe(settings=RECIPE.settings * 2), "waves.record/classification", "'epochs' is declared twice"),
        (with_setting("a b", "switch", True, "Title"), "waves.record/classification.a b", "cannot be a name"),
        (with_setting("size", "integer", 0, "Size", minimum=1), "waves.record/classification.size", "default"),
        (with_setting("size", "integer", "5", "Size"), "waves.record/classification.size", "default"),
        (with_setting("size", "number", 1, "S", minimum=2, maximum=1), "waves.record/classification.size", "above"),
        (with_setting("mode", "choice", "a", "Mode"), "waves.record/classification.mode", "without choices"),
        (with_setting("mode", "magic", "a", "Mode"), "waves.record/classification.mode", "magic"),
        (replace(SPEC, exporters=(replace(EXPORTER, of=("vault",)),)), "waves.record/csv", "'vault'"),
        (replace(SPEC, exporters=(replace(EXPORTER, kinds=("mask",)),)), "waves.record/csv", "'mask'"),
        (replace(SPEC, exporters=(replace(EXPORTER, suffix="csv"),)), "waves.record/csv", "dot"),
        (replace(SPEC, demo=Demo("waves.samples:make", "nothing")), "waves.record/demo", "'nothing'"),
        (
            replace(SPEC, demo=Demo("waves.samples:make", "classification", {"epochs": 0})),
            "waves.record/demo",
            "range",
        ),
    ],
)
def test_each_fault_is_found_and_its_place_named(spec: Any, where: str, message: str) -> None:
    problems = check_spec(spec)
    assert [problem for problem in problems if problem.where == where and message in problem.message], problems


def test_versions_fit_when_the_major_is_equal_and_the_minor_is_not_newer() -> None:
    major, minor = (int(part) for part in API_VERSION.split("."))
    assert check_version(f"{major}.{minor}") == ""
    assert check_version(f"{major}.{minor + 1}")
    assert check_version(f"{major + 1}.0")
    assert check_version("1")
