"""What a plugin declares. Heavy parts are named as text, `"package.module:Name"`, and resolved on first use."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from medstation.api.errors import Unavailable
from medstation.api.settings import Setting, SettingValue

API_VERSION = "1.0"
"""Major.minor. Within a major version nothing is removed and nothing changes its meaning."""

Ref = str
"""`"package.module:Name"`."""


@dataclass(frozen=True)
class Requirement:
    """A module that the task's heavy parts import, and what to say when it is missing."""

    module: str
    install: str

    @classmethod
    def several(cls, install: str, *modules: str) -> tuple[Requirement, ...]:
        """Modules that come with the same installation."""
        return tuple(cls(module, install) for module in modules)


@dataclass(frozen=True)
class LabelKind:
    """A kind of label: `reader` (a `ReadLabel`) takes it from files named like `patterns`.

    `belongs_to`, if given, is `(path: Path) -> str`: the group, patient or file stem of the record a label file is for,
    so that a whole folder of labels finds its records; without it the file's own stem is compared.
    """

    id: str
    title: str
    reader: Ref
    patterns: tuple[str, ...] = ()
    belongs_to: Ref = ""


Combine = Literal["mean", "ratio", "root ratio", "auc"]


@dataclass(frozen=True)
class MetricSpec:
    """A metric: how it is called on screen, in what unit, which direction is better, and how cases make one number.

    A case's metrics hold a number per column; `columns` defaults to the metric's own name. `combine`:
    "mean" of one column over the cases; "ratio" and "root ratio": sum of the first column over the sum of the second,
    and its square root (F1 = 2 TP / (2 TP + FP + FN), RMSE); "auc": area under the ROC curve of columns
    (score, truth 0 or 1).
    """

    name: str
    title: str
    unit: str = ""
    higher_is_better: bool = True
    description: str = ""
    combine: Combine = "mean"
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recipe:
    """A way to make a model. `metrics[0]` is the one that decides. `id` is unique within its task.

    `label_kind` is "" for a recipe that learns from the records alone (forecasting, pre-training).
    `trainer`: `Trainer`; `predictor`: `LoadPredictor`; `score`: `Score` (see `medstation.api.work`).
    `bases` are other recipes of the task whose models this one can start from, beside its own.
    `engine`, for recipes made on `medstation.learning`: `() -> medstation.learning.Recipe`. What the engine can do with
    any model (explain, compress, compare inside) then works for the recipe's models too.
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
    bases: tuple[str, ...] = ()
    engine: Ref = ""


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
class Demo:
    """How the demo walks the whole circle with this task on files made by code.

    `samples` is `(out: Path, seed: int) -> Json` and returns {"import": [paths], "labels": [paths]}; `recipe` is then
    fine-tuned with `settings`, small enough for two cores.
    """

    samples: Ref
    recipe: str
    settings: Mapping[str, SettingValue] = field(default_factory=dict)


@dataclass(frozen=True)
class TaskSpec:
    """A task. `id` is unique; `icon` is a name of resources/icons or one character.

    `importer`: `Importer`, made with the values of `import_settings` by name; `view`: a QWidget class (see
    `medstation.api.view`); `picture`: a `Picture`, for reports.
    `explain_picture`: an `ExplainPicture`, for the answers of recipes with an `engine`.
    `import_model`: a `ReadModel`, and `export_model`: a `WriteModel`, for models in the forms of other programs.
    `deidentify`: a `Deidentify`, with the values of `deidentify_settings` by name; `deidentify_look`: a `LookForText`.
    `warm` names modules that a waiting worker imports ahead of time.
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
    import_settings: tuple[Setting, ...] = ()
    picture: Ref = ""
    demo: Demo | None = None
    warm: tuple[str, ...] = ()
    deidentify: Ref = ""
    deidentify_settings: tuple[Setting, ...] = ()
    deidentify_look: Ref = ""
    import_model: Ref = ""
    export_model: Ref = ""
    explain_picture: Ref = ""

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
        raise Unavailable(
            f"{ref} cannot be loaded: {error}", "Run `medstation doctor` to see what is missing."
        ) from error
    except AttributeError as error:
        raise Unavailable(f"{ref} does not exist: {error}", "The plugin is broken; tell its publisher.") from error
    return target
