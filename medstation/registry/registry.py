"""All tasks there are, and all plugins, with what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import entry_points
from types import MappingProxyType

from medstation import __version__
from medstation.api import ENTRY_POINT_GROUP, NotFound, Recipe, Requirement, TaskSpec, WrongUsage
from medstation.registry.plugins import Candidate, PluginInfo, load, missing


class Registry:
    """`tasks` by id, in the order in which they were found; `plugins` with those that are out of order too.

    Plugins are trusted code in this process: one that hangs while it is imported cannot be interrupted here, only left
    out with `safe_mode`.
    """

    def __init__(self, candidates: Iterable[Candidate]) -> None:
        tasks: dict[str, TaskSpec] = {}
        plugins: list[PluginInfo] = []
        for candidate in candidates:
            loaded = load(candidate, tasks)
            plugins.append(loaded.info)
            tasks.update({task.id: task for task in loaded.tasks})
        self.tasks: Mapping[str, TaskSpec] = MappingProxyType(tasks)
        self.plugins = tuple(plugins)

    @classmethod
    def discover(cls, safe_mode: bool = False, extra: Sequence[str] = ()) -> Registry:
        """Load what the entry points name, MedStation's own first; in safe mode nothing else.

        `extra` are modules of built-in plugins, found also where MedStation was not installed.
        """
        found = [Candidate.of_entry_point(point) for point in entry_points(group=ENTRY_POINT_GROUP)]
        named = {candidate.module for candidate in found}
        found += [Candidate.of_module(module, __version__) for module in extra if module not in named]
        wanted = [candidate for candidate in found if candidate.own or not safe_mode]
        return cls(sorted(wanted, key=lambda candidate: (not candidate.own, candidate.name, candidate.module)))

    def task(self, task_id: str) -> TaskSpec:
        if task_id not in self.tasks:
            raise NotFound(f"there is no task {task_id!r}", self._tasks_hint())
        return self.tasks[task_id]

    def recipe(self, recipe: str, task: str = "") -> tuple[TaskSpec, Recipe]:
        """A recipe by its id, where only one task has such a one, or as "plugin.task/recipe"."""
        named_task, _, recipe_id = recipe.rpartition("/")
        task = named_task or task
        searched = [self.task(task)] if task else list(self.tasks.values())
        matches = [(spec, found) for spec in searched if (found := spec.recipe(recipe_id))]
        if not matches:
            known = ", ".join(f"{spec.id}/{one.id}" for spec in searched for one in spec.recipes) or "none"
            raise NotFound(f"there is no recipe {recipe!r}", f"There are: {known}.")
        if len(matches) > 1:
            names = ", ".join(f"{spec.id}/{found.id}" for spec, found in matches)
            raise WrongUsage(f"several tasks have a recipe {recipe!r}", f"Name one of: {names}.")
        return matches[0]

    def missing(self, task_id: str) -> tuple[Requirement, ...]:
        """What the task needs and this machine lacks."""
        return missing(self.task(task_id).requirements)

    def _tasks_hint(self) -> str:
        known = ", ".join(self.tasks) or "none"
        broken = ", ".join(plugin.name for plugin in self.plugins if plugin.state == "broken")
        return f"There are: {known}." + (f" Out of order: {broken}; see `medstation plugins list`." if broken else "")
