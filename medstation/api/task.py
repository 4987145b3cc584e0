"""What a plugin declares. Heavy parts are named as text, `"package.module:Name"`, and resolved on first use."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

from medstation.api.errors import Unavailable
from medstation.api.settings import Setting

API_VERSION = "1.0"
"""Major.minor. Within a major version nothing is removed and nothing changes its meaning."""

Ref = str
"""`"package.module:Name"`."""


@dataclass(frozen=True)
class Requirement:
    """A module that the task's heavy parts import, and what to say when it is missing."""

    module: str
    install: str


@dataclass(frozen=True)
class LabelKind:
    """A kind of label: `reader` (a `ReadLabel`) takes it from files named like `patterns`."""

    id: str
    title: str
    reader: Ref
    patterns: tuple[str, ...] = ()


@dataclass(frozen=True)
class MetricSpec:
    """A metric: how it is called on screen, in what unit, and which direction is better."""

    name: str
    title: str
    unit: str = ""
    higher_is_better: bool = True
    description: str = ""


@dataclass(frozen=True)
class Recipe:
    """A way to make a model. `metrics[0]` is the one that decides. `id` is unique within its task.

    `trainer`: `Trainer`; `predictor`: `LoadPredictor`; `score`: `Score` (see `medstation.api.work`).
    """

    id: str
    title: str
    summary: str
    label_kind: str
    record_kinds: tuple[str, ...]
    settings: tuple[Setting, ...]
    metrics: tuple[MetricSpec, ...]
    trainer: Ref
    predictor: Ref
    score: Ref


@dataclass(frozen=True)
class Exporter:
    """`write` (an `Export`) writes a record, label or prediction; `of` says which ("record", "label", "prediction").

    `kinds` are the record or label kinds it can write (empty: all). `suffix` is the file's, "" for a folder.
    """

    format: str
    title: str
    suffix: str
    of: tuple[str, ...]
    write: Ref
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True)
class TaskSpec:
    """A task. `id` is unique; `icon` is a name of resources/icons or one character.

    `importer`: `Importer`; `view`: a QWidget class (see `medstation.api.view`); `samples`: a callable
    `(out: Path, seed: int) -> Json` that writes sample files for the demo, or "". `warm` names modules that a waiting
    worker imports ahead of time.
    """

    id: str
    title: str
    summary: str
    icon: str
    api_version: str
    accepts: tuple[str, ...]
    record_kinds: tuple[str, ...]
    label_kinds: tuple[LabelKind, ...]
    recipes: tuple[Recipe, ...]
    exporters: tuple[Exporter, ...]
    importer: Ref
    view: Ref
    requirements: tuple[Requirement, ...] = ()
    samples: Ref = ""
    warm: tuple[str, ...] = ()

    def recipe(self, recipe_id: str) -> Recipe | None:
        return next((recipe for recipe in self.recipes if recipe.id == recipe_id), None)

    def label_kind(self, kind: str) -> LabelKind | None:
        return next((label for label in self.label_kinds if label.id == kind), None)


def resolve_ref(ref: Ref) -> Any:
    """The object that `"package.module:Name"` names; `Unavailable` says what is missing when it cannot be imported."""
    module_name, _, name = ref.partition(":")
    try:
        target: Any = importlib.import_module(module_name)
        for part in name.split("."):
            target = getattr(target, part)
    except ImportError as error:
        raise Unavailable(f"{ref} cannot be loaded: {error}", "Run `medstation doctor` to see what is missing.") from error
    except AttributeError as error:
        raise Unavailable(f"{ref} does not exist: {error}", "The plugin is broken; tell its publisher.") from error
    return target
