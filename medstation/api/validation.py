"""What a task's declaration has to keep to: the one place, for the registry and for the conformance suite."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields

from medstation.api.errors import WrongUsage
from medstation.api.settings import Setting, resolve
from medstation.api.task import API_VERSION, Demo, Exporter, LabelKind, MetricSpec, Recipe, Requirement, TaskSpec

_TASK_ID = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_REF = re.compile(rf"{_MODULE.pattern}:{_MODULE.pattern}")
_VERSION = re.compile(r"(\d+)\.(\d+)")
_EXPORTABLE = ("record", "label", "prediction")


@dataclass(frozen=True)
class Problem:
    """Something a plugin does not keep to. `where` names the part: "imaging.series/segmentation.trainer"."""

    where: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" + (f" ({self.hint})" if self.hint else "")


def check_spec(spec: object) -> list[Problem]:
    """Everything wrong with a declaration; nothing is imported for it. An empty list means it can be used."""
    if not isinstance(spec, TaskSpec):
        return [Problem("register_tasks", f"registered a {type(spec).__name__}", "Register medstation.api.TaskSpec.")]
    wrong_types = list(_types(spec.id or "task", spec))
    return wrong_types or list(_spec(spec))


def check_version(version: str) -> str:
    """Why a plugin written for API `version` cannot be used here, or ""."""
    match = _VERSION.fullmatch(version)
    if not match:
        return f'api_version {version!r} is not "major.minor"'
    wanted = tuple(int(part) for part in match.groups())
    offered = tuple(int(part) for part in API_VERSION.split("."))
    if wanted[0] != offered[0] or wanted[1] > offered[1]:
        return f"it was written for plugin API {version}, this MedStation offers {API_VERSION}"
    return ""


def is_ref(text: str) -> bool:
    return _REF.fullmatch(text) is not None


def _types(where: str, value: object) -> Iterator[Problem]:
    """A declaration is data: texts where texts are due, tuples where tuples are."""
    for field in fields(value):  # type: ignore[arg-type]
        given, place = getattr(value, field.name), f"{where}.{field.name}"
        wanted = str(field.type)
        if wanted in ("str", "Ref") and not isinstance(given, str):
            yield Problem(place, f"is a {type(given).__name__}, not text")
        elif wanted.startswith("tuple["):
            yield from _tuple_types(place, given, wanted)
        elif isinstance(given, Demo):
            yield from _types(place, given)


def _tuple_types(place: str, given: object, wanted: str) -> Iterator[Problem]:
    if not isinstance(given, tuple):
        yield Problem(place, f"is a {type(given).__name__}, not a tuple", "A tuple of one has a comma: (thing,).")
        return
    kind = _KINDS[wanted.removeprefix("tuple[").removesuffix(", ...]")]
    for number, item in enumerate(given):
        if not isinstance(item, kind):
            yield Problem(f"{place}[{number}]", f"is a {type(item).__name__}, not a {kind.__name__}")
        elif kind is not str:
            yield from _types(f"{place}[{number}]", item)


_KINDS: dict[str, type] = {
    kind.__name__: kind for kind in (str, Exporter, LabelKind, MetricSpec, Recipe, Requirement, Setting)
}


def _spec(spec: TaskSpec) -> Iterator[Problem]:
    where = spec.id or "task"
    if not _TASK_ID.fullmatch(spec.id):
        yield Problem(where, f'the id {spec.id!r} is not "plugin.task"', "Lower case letters, digits and underscores.")
    if reason := check_version(spec.api_version):
        yield Problem(where, reason)
    yield from _filled(where, spec, "title", "summary", "icon", "record_kinds")
    yield from _unique(where, "record kind", spec.record_kinds)
    yield from _refs(where, spec, "importer", "view")
    yield from _refs(where, spec, "picture", "explain_picture", "import_model", "export_model", optional=True)
    yield from _refs(where, spec, "deidentify", "deidentify_look", optional=True)
    for label_kind in spec.label_kinds:
        yield from _label_kind(f"{where}/{label_kind.id}", label_kind)
    yield from _unique(where, "label kind", [kind.id for kind in spec.label_kinds])
    for recipe in spec.recipes:
        yield from _recipe(f"{where}/{recipe.id}", recipe, spec)
    yield from _unique(where, "recipe", [recipe.id for recipe in spec.recipes])
    for exporter in spec.exporters:
        yield from _exporter(f"{where}/{exporter.format}", exporter, spec)
    yield from _unique(where, "exporter", [exporter.format for exporter in spec.exporters])
    yield from _modules(where, spec.requirements, spec.warm)
    if spec.demo:
        yield from _demo(f"{where}/demo", spec.demo, spec)


def _label_kind(where: str, kind: LabelKind) -> Iterator[Problem]:
    yield from _word(where, kind.id)
    yield from _filled(where, kind, "title")
    yield from _refs(where, kind, "reader")
    yield from _refs(where, kind, "belongs_to", optional=True)


def _recipe(where: str, recipe: Recipe, spec: TaskSpec) -> Iterator[Problem]:
    yield from _word(where, recipe.id)
    yield from _filled(where, recipe, "title", "summary", "record_kinds", "metrics")
    yield from _refs(where, recipe, "trainer", "predictor", "score")
    labels = [recipe.label_kind] if recipe.label_kind else []  # "" learns from the records alone
    yield from _known(where, "label kind", labels, [kind.id for kind in spec.label_kinds])
    yield from _known(where, "recipe", recipe.bases, [one.id for one in spec.recipes])
    yield from _known(where, "record kind", recipe.record_kinds, spec.record_kinds)
    for metric in recipe.metrics:
        yield from _filled(where, metric, "name", "title")
    yield from _unique(where, "metric", [metric.name for metric in recipe.metrics])
    for setting in recipe.settings:
        yield from _setting(f"{where}.{setting.name}", setting)
    yield from _unique(where, "setting", [setting.name for setting in recipe.settings])


def _setting(where: str, setting: Setting) -> Iterator[Problem]:
    yield from _word(where, setting.name)
    yield from _filled(where, setting, "title")
    if setting.kind == "choice" and not setting.choices:
        yield Problem(where, "is a choice without choices")
    if setting.minimum is not None and setting.maximum is not None and setting.minimum > setting.maximum:
        yield Problem(where, f"its minimum {setting.minimum:g} is above its maximum {setting.maximum:g}")
    try:
        parsed = setting.parse(setting.default)
    except WrongUsage as error:
        yield Problem(where, f"its own default is refused: {error.message}", error.hint)
    except KeyError:
        yield Problem(where, f"is of a kind {setting.kind!r} that does not exist")
    else:
        if type(parsed) is not type(setting.default) and setting.kind != "number":
            yield Problem(where, f"its default {setting.default!r} is not of its kind {setting.kind!r}")


def _exporter(where: str, exporter: Exporter, spec: TaskSpec) -> Iterator[Problem]:
    yield from _word(where, exporter.format)
    yield from _filled(where, exporter, "title", "of")
    yield from _refs(where, exporter, "write")
    yield from _known(where, "thing to export", exporter.of, _EXPORTABLE)
    yield from _known(where, "kind", exporter.kinds, (*spec.record_kinds, *(kind.id for kind in spec.label_kinds)))
    if exporter.suffix and not exporter.suffix.startswith("."):
        yield Problem(where, f"its suffix {exporter.suffix!r} does not begin with a dot")


def _modules(where: str, requirements: Iterable[Requirement], warm: Iterable[str]) -> Iterator[Problem]:
    for requirement in requirements:
        yield from _filled(f"{where}/{requirement.module}", requirement, "install")
    for module in (*(requirement.module for requirement in requirements), *warm):
        if not _MODULE.fullmatch(module):
            yield Problem(where, f"{module!r} is not the name of a module")


def _demo(where: str, demo: Demo, spec: TaskSpec) -> Iterator[Problem]:
    yield from _refs(where, demo, "samples")
    recipe = spec.recipe(demo.recipe)
    if recipe is None:
        yield from _known(where, "recipe", [demo.recipe], [recipe.id for recipe in spec.recipes])
        return
    try:
        resolve(recipe.settings, demo.settings)
    except WrongUsage as error:
        yield Problem(where, error.message, error.hint)


def _filled(where: str, value: object, *names: str) -> Iterator[Problem]:
    for name in names:
        if not getattr(value, name):
            yield Problem(where, f"{name} is empty")


def _refs(where: str, value: object, *names: str, optional: bool = False) -> Iterator[Problem]:
    for name in names:
        ref = getattr(value, name)
        if not is_ref(ref) and not (optional and ref == ""):
            yield Problem(f"{where}.{name}", f'{ref!r} is not "package.module:Name"')


def _word(where: str, text: str) -> Iterator[Problem]:
    if not _WORD.fullmatch(text):
        yield Problem(where, f"{text!r} cannot be a name", "Letters, digits, underscores and hyphens.")


def _unique(where: str, what: str, names: Sequence[str]) -> Iterator[Problem]:
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Problem(where, f"the {what} {name!r} is declared twice")


def _known(where: str, what: str, names: Iterable[str], known: Sequence[str]) -> Iterator[Problem]:
    for name in names:
        if name not in known:
            yield Problem(where, f"there is no {what} {name!r}", "There are: " + (", ".join(known) or "none") + ".")
