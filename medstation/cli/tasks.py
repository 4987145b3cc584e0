"""medstation tasks"""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import asdict

from medstation.actions.workstation import find_plugins
from medstation.api import Json, Recipe, TaskSpec
from medstation.cli.context import Context

HELP = "tasks and their recipes with all settings"


def add(parser: ArgumentParser) -> None:
    parser.set_defaults(run=run)


def describe(spec: TaskSpec) -> Json:
    return {
        "id": spec.id,
        "title": spec.title,
        "summary": spec.summary,
        "accepts": list(spec.accepts),
        "label_kinds": [label.id for label in spec.label_kinds],
        "exporters": [exporter.format for exporter in spec.exporters],
        "recipes": [_recipe(recipe) for recipe in spec.recipes],
    }


def _recipe(recipe: Recipe) -> Json:
    return {
        "id": recipe.id,
        "title": recipe.title,
        "summary": recipe.summary,
        "labels": recipe.label_kind,
        "metrics": [metric.name for metric in recipe.metrics],
        "settings": [asdict(setting) for setting in recipe.settings],
    }


def _text(task: Json) -> str:
    lines = [f"{task['id']}  {task['title']}: {task['summary']}"]
    for recipe in task["recipes"]:
        lines.append(f"  {recipe['id']}  {recipe['title']}: {recipe['summary']}")
        for one in recipe["settings"]:
            unit = f" {one['unit']}" if one["unit"] else ""
            lines.append(f"    {one['name']}={one['default']}{unit}  {one['description']}")
    return "\n".join(lines)


def run(context: Context) -> int:
    described = [describe(spec) for spec in find_plugins().tasks.values()]
    context.output.result({"tasks": described}, "\n\n".join(_text(task) for task in described))
    return 0
