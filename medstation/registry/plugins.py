"""One plugin: where it was found, what loading it gave, and what is wrong with it."""

from __future__ import annotations

import importlib
import sys
import traceback
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from importlib.machinery import PathFinder
from importlib.metadata import EntryPoint
from importlib.util import find_spec
from typing import Any, Literal

from medstation.api import API_VERSION, Requirement, TaskSpec
from medstation.api.loading import tasks_of
from medstation.api.validation import check_spec

State = Literal["ready", "unavailable", "broken"]
OWN_DISTRIBUTION = "medstation"


@dataclass(frozen=True)
class PluginInfo:
    """A plugin as lists show it. `tasks` are ids; `traceback` is for its publisher.

    "unavailable": it is in order, but needs something that is not installed. "broken": it is left out.
    """

    name: str
    distribution: str
    version: str
    api_version: str
    tasks: tuple[str, ...]
    state: State
    reason: str = ""
    hint: str = ""
    traceback: str = ""


@dataclass(frozen=True)
class Candidate:
    """A plugin that was found and not yet loaded. `module` is what the entry point names."""

    name: str
    module: str
    load: Callable[[], Any]
    distribution: str = OWN_DISTRIBUTION
    version: str = ""

    @property
    def own(self) -> bool:
        return self.distribution == OWN_DISTRIBUTION

    @classmethod
    def of_entry_point(cls, entry_point: EntryPoint) -> Candidate:
        home = entry_point.dist
        name, version = (home.name, home.version) if home else ("", "")
        return cls(entry_point.name, entry_point.value, entry_point.load, name, version)

    @classmethod
    def of_module(cls, module: str, version: str) -> Candidate:
        """A built-in plugin of a checkout without entry points: named like its package, less "medstation_"."""
        name = module.partition(".")[0].removeprefix("medstation_")
        return cls(name, module, lambda: importlib.import_module(module), version=version)


@dataclass(frozen=True)
class Loaded:
    """What became of a candidate; `tasks` is empty when it is broken."""

    info: PluginInfo
    tasks: tuple[TaskSpec, ...] = ()


def load(candidate: Candidate, taken: Collection[str]) -> Loaded:
    """Load one plugin, whatever it does short of hanging; `taken` are the task ids that others brought."""
    try:
        tasks = tasks_of(candidate.load())
        problems = [problem for task in tasks for problem in check_spec(task)]
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:  # sys.exit() in a plugin's module is a broken plugin too
        reason = f"it cannot be loaded: {type(error).__name__}: {error}"
        return _broken(candidate, reason, "".join(traceback.format_exception(error)))
    if not tasks:
        return _broken(candidate, "it registers no task", hint="Its register_tasks hook must be marked with hookimpl.")
    if problems:
        return _broken(candidate, "; ".join(str(problem) for problem in problems), version=_version(tasks))
    if again := _twice([task.id for task in tasks], taken):
        return _broken(candidate, f"the task {again} is there already", version=_version(tasks))
    return _loaded(candidate, tuple(tasks))


def missing(requirements: Iterable[Requirement]) -> tuple[Requirement, ...]:
    """Those whose module cannot be found; nothing is imported to see that."""
    return tuple(requirement for requirement in requirements if not _present(requirement.module))


def _present(module: str) -> bool:
    """Level by level along the search path: `find_spec("a.b")` would import a."""
    path: list[str] | None = None
    name = ""
    for part in module.split("."):
        name = f"{name}.{part}" if name else part
        try:
            spec = find_spec(name) if path is None else PathFinder.find_spec(name, path)
        except ValueError:  # loaded already, and hiding its spec
            return name in sys.modules
        if spec is None:
            return False
        path = list(spec.submodule_search_locations or ())
    return True


def _loaded(candidate: Candidate, tasks: tuple[TaskSpec, ...]) -> Loaded:
    lacking = dict.fromkeys(need for task in tasks for need in missing(task.requirements))
    info = PluginInfo(
        candidate.name,
        candidate.distribution,
        candidate.version,
        tasks[0].api_version,
        tuple(task.id for task in tasks),
        "unavailable" if lacking else "ready",
        "missing: " + ", ".join(need.module for need in lacking) if lacking else "",
        "; ".join(dict.fromkeys(need.install for need in lacking)),
    )
    return Loaded(info, tasks)


def _broken(candidate: Candidate, reason: str, trace: str = "", hint: str = "", version: str = "") -> Loaded:
    if not hint:
        package = candidate.distribution or candidate.module
        hint = "Install MedStation again." if candidate.own else f"Update or remove {package}, or tell its publisher."
    return Loaded(
        PluginInfo(
            candidate.name, candidate.distribution, candidate.version, version, (), "broken", reason, hint, trace
        )
    )


def _version(tasks: list[Any]) -> str:
    return str(getattr(tasks[0], "api_version", API_VERSION))


def _twice(ids: list[str], taken: Collection[str]) -> str:
    return next((task for number, task in enumerate(ids) if task in taken or task in ids[:number]), "")
