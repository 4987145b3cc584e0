"""Studies: searches for settings, trial by trial."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from medstation.api import Json
from medstation.library.datasets import dataset_id
from medstation.library.ids import MODEL, STUDY, missing, optional_id, row_id, text_id
from medstation.library.models import model_row
from medstation.library.shelf import Shelf, to_text
from medstation.vault import Reader, Row, now


@dataclass(frozen=True)
class Study:
    """One search. `settings` are those that all trials share, `space` what is varied (see `medstation.learning.space`).

    `trials` in the order they were made: {"state": "done" | "pruned" | "failed", "settings", "value", "curve"}.
    """

    id: str
    task: str
    recipe: str
    dataset: str
    base: str
    settings: Json
    space: list[Json]
    seed: int
    created: str
    trials: tuple[Json, ...]


class Studies(Shelf):
    """The part of the library that keeps searches. A trial is stored whole when it is over, or not at all."""

    def create_study(
        self,
        task: str,
        recipe: str,
        dataset: str,
        base_model_id: str,
        settings: Mapping[str, object],
        space: list[Json],
        seed: int,
    ) -> Study:
        """`dataset` is a name; `base_model_id` is "" to start from scratch."""
        facts = {"task": task, "recipe": recipe, "settings": to_text(dict(settings)), "space": to_text(space)}
        with self.vault.write(self.user, "study.create") as tx:
            base = model_row(tx, base_model_id)["id"] if base_model_id else None
            where = {"dataset": dataset_id(tx, dataset), "base": base}
            row = tx.insert("studies", **facts, **where, seed=seed, author=self.user, at=now())
            tx.subject = text_id(STUDY, row)
            tx.detail = {"recipe": recipe, "dataset": dataset, "base": base_model_id, "seed": seed}
            return _study_of(tx, _row(tx, tx.subject))

    def add_trial(self, study_id: str, trial: Json) -> None:
        with self.vault.write(self.user, "") as tx:
            tx.insert("trials", study=_row(tx, study_id)["id"], at=now(), trial=to_text(trial))

    def study(self, study_id: str) -> Study:
        with self.vault.read() as reader:
            return _study_of(reader, _row(reader, study_id))

    def studies(self) -> list[Study]:
        """Newest first."""
        with self.vault.read() as reader:
            return [_study_of(reader, row) for row in reader.all(f"{_SELECT} ORDER BY studies.id DESC")]


_SELECT = "SELECT studies.*, datasets.name AS dataset_name FROM studies JOIN datasets ON datasets.id = studies.dataset"


def _row(reader: Reader, study_id: str) -> Row:
    row = reader.one(f"{_SELECT} WHERE studies.id = ?", row_id(STUDY, study_id))
    if row is None:
        raise missing(STUDY, study_id)
    return row


def _study_of(reader: Reader, row: Row) -> Study:
    trials = reader.all("SELECT trial FROM trials WHERE study = ? ORDER BY id", row["id"])
    return Study(
        id=text_id(STUDY, row["id"]),
        task=row["task"],
        recipe=row["recipe"],
        dataset=row["dataset_name"],
        base=optional_id(MODEL, row["base"]),
        settings=json.loads(row["settings"]),
        space=json.loads(row["space"]),
        seed=row["seed"],
        created=row["at"],
        trials=tuple(json.loads(one["trial"]) for one in trials),
    )
