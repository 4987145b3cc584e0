"""Writes resources/help/settings.md: every recipe's settings, as the plugins declare them. `make reference`."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from pathlib import Path

from medstation.actions.workstation import BUILT_IN_PLUGINS
from medstation.api import MetricSpec, Recipe, Setting, TaskSpec
from medstation.learning.settings import SHARED_SETTINGS

TARGET = Path(__file__).resolve().parents[1] / "help" / "settings.md"

INTRODUCTION = """# Settings of the recipes

Written from what the plugins declare (`make reference`); the form in the window, `medstation tasks` and `--set
KEY=VALUE` come from the same place. Settings marked with * are folded away in the form.
"""

COLUMNS = "| setting | default | range | meaning |\n|---|---|---|---|\n"

SHARED = """
## Shared by the recipes that the engine trains

The recipes below say only where their default is another one.
"""


def tasks() -> list[TaskSpec]:
    """The tasks of the plugins that come with MedStation."""
    found: list[TaskSpec] = []
    for plugin in BUILT_IN_PLUGINS:
        importlib.import_module(plugin).register_tasks(found.append)
    return sorted(found, key=lambda task: task.id)


def page(specs: Iterable[TaskSpec]) -> str:
    return INTRODUCTION + shared() + "".join(section(task, recipe) for task in specs for recipe in task.recipes)


def shared() -> str:
    """The settings that recipes share, by group."""
    groups = dict.fromkeys(setting.group for setting in SHARED_SETTINGS)
    return SHARED + "".join(
        f"\n### {group or 'Training'}\n\n{COLUMNS}"
        + "".join(row(setting) for setting in SHARED_SETTINGS if setting.group == group)
        for group in groups
    )


def section(task: TaskSpec, recipe: Recipe) -> str:
    head = f"\n## {task.title}: {recipe.title}\n\n"
    command = f"`medstation finetune {recipe.id} --task {task.id}`. {recipe.summary}\n\n"
    metrics = "Measured: " + "; ".join(metric(one) for one in recipe.metrics) + ".\n\n"
    own = [setting for setting in recipe.settings if setting not in SHARED_SETTINGS]
    return head + command + metrics + COLUMNS + "".join(map(row, own))


def metric(one: MetricSpec) -> str:
    unit = f" in {one.unit}" if one.unit else ""
    better = "higher" if one.higher_is_better else "lower"
    return f"**{one.title}**{unit} (`{one.name}`, {better} is better)"


def row(setting: Setting) -> str:
    name = f"`{setting.name}`{'*' if setting.advanced else ''}"
    meaning = ". ".join(text.rstrip(".") for text in (setting.title, setting.description) if text) + "."
    return f"| {name} | {value(setting)} | {allowed(setting)} | {meaning} |\n".replace("\u00a0", " ")


def value(setting: Setting) -> str:
    if setting.kind == "switch":
        return "on" if setting.default else "off"
    number = isinstance(setting.default, int | float)
    shown = f"{setting.default:.10g}" if number else str(setting.default) or "(empty)"
    return f"{shown} {setting.unit}".strip()


def allowed(setting: Setting) -> str:
    """What may be given: a range, a list of words, on or off."""
    if setting.kind == "switch":
        return "on, off"
    if setting.choices:
        return ", ".join(setting.choices)
    if setting.minimum is None and setting.maximum is None:
        return "any text" if setting.kind == "text" else "any"
    low = "" if setting.minimum is None else f"from {setting.minimum:.10g}"
    high = "" if setting.maximum is None else f"to {setting.maximum:.10g}"
    return f"{low} {high}".strip()


def main() -> int:
    TARGET.write_text(page(tasks()), "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
