"""Making data sets: of the records that a recipe learns from, or of a kind of label."""

from __future__ import annotations

from collections.abc import Sequence

from medstation.actions.workstation import Workstation
from medstation.api import BadInput, Recipe, TaskSpec
from medstation.library import DataSet

SHARES = (0.6, 0.2, 0.2)
"""Of the patients: to train, to validate, to test."""


def make_for(
    ws: Workstation,
    name: str,
    spec: TaskSpec,
    recipe: Recipe,
    records: Sequence[str] | None = None,
    shares: Sequence[float] = SHARES,
    seed: int = 0,
) -> DataSet:
    """All records (or these) that `recipe` can learn from, split by patient, the test part frozen."""
    return ws.library.create_dataset(
        name, spec.id, recipe.label_kind, records, shares, seed, record_kinds=recipe.record_kinds
    )


def make_of_labels(
    ws: Workstation,
    name: str,
    spec: TaskSpec,
    label_kind: str,
    records: Sequence[str] | None = None,
    shares: Sequence[float] = SHARES,
    seed: int = 0,
) -> DataSet:
    """All records (or these) with a label of a kind, split by patient, the test part frozen."""
    if spec.label_kind(label_kind) is None:
        known = ", ".join(kind.id for kind in spec.label_kinds)
        raise BadInput(f"{spec.title} has no label kind {label_kind!r}", f"It has: {known}.")
    return ws.library.create_dataset(name, spec.id, label_kind, records, shares, seed)


def fits(dataset: DataSet, spec: TaskSpec, recipe: Recipe) -> bool:
    """Whether `recipe` can learn from it."""
    return (
        dataset.task == spec.id
        and dataset.label_kind == recipe.label_kind
        and set(dataset.record_kinds) <= set(recipe.record_kinds)
    )
