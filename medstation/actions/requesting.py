"""What a trainer is given: the data set's cases, and what beside them the settings ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from medstation.api import BadInput, Case, ModelInfo, Recipe, SettingValue, TaskSpec, TrainRequest
from medstation.library import Library, Run


def request_of(library: Library, spec: TaskSpec, recipe: Recipe, run: Run) -> TrainRequest:
    """The request of a run; the same each time it is resumed, but for records and labels that came meanwhile."""
    base = library.model(run.base) if run.base else None
    cases = library.cases(run.dataset)
    return TrainRequest(
        run.id,
        recipe.id,
        run.settings,
        cases,
        run.seed,
        base,
        earlier=_earlier(library, base, run.dataset) if base else (),
        unlabelled=unlabelled(library, recipe, spec.id, cases) if run.settings.get("pseudo_labels") else (),
        teacher=teacher_of(library, spec, recipe, run.settings),
        predictor=recipe.predictor,
    )


def _earlier(library: Library, base: ModelInfo, dataset: str) -> Sequence[Case]:
    """The cases that the base was made with in this vault; none where it came from elsewhere or had the same ones."""
    run = next((one for one in library.runs(base.task) if one.model == base.id), None)
    return library.cases(run.dataset) if run and run.dataset != dataset else ()


def unlabelled(library: Library, recipe: Recipe, task: str, cases: Sequence[Case]) -> list[Case]:
    """Records that the recipe could learn from had they a label, of patients whom the data set does not judge by."""
    known = {case.record.id for case in cases}
    judged = {case.patient for case in cases if case.part != "train"}
    records = library.unlabelled(task, recipe.record_kinds, recipe.label_kind) if recipe.label_kind else []
    return [Case(one, "", "train") for one in records if one.id not in known and one.person.key not in judged]


def teacher_of(
    library: Library, spec: TaskSpec, recipe: Recipe, settings: Mapping[str, SettingValue]
) -> ModelInfo | None:
    """The model that the setting names; `BadInput` where this recipe cannot learn from it."""
    name = str(settings.get("teacher", ""))
    if not name:
        return None
    model = library.model(name)
    if model.task != spec.id or model.recipe != recipe.id:
        raise BadInput(
            f"the teacher {model.name} was made by the recipe {model.recipe}, not by {recipe.id}",
            "Choose a teacher of the same recipe.",
        )
    return model


def pinned(
    library: Library, spec: TaskSpec, recipe: Recipe, settings: dict[str, SettingValue]
) -> dict[str, SettingValue]:
    """The settings with the teacher's version written down, so that a resumed run has the same one."""
    model = teacher_of(library, spec, recipe, settings)
    return {**settings, "teacher": f"{model.name}@{model.version}"} if model else settings
