"""What a trainer is given beside the data set's cases."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from medstation.actions.requesting import pinned, request_of, unlabelled
from medstation.api import BadInput, Case, ModelInfo, Person, Record

RECIPE: Any = SimpleNamespace(id="kinds", label_kind="class", record_kinds=("point",), predictor="some:Predictor")
SPEC: Any = SimpleNamespace(id="toy")


def record(number: int, person: str = "") -> Record:
    return Record(f"r-{number}", "toy", "point", Person(person or f"P{number}"), f"Point {number}", "", "", {})


def case(number: int, part: str, person: str = "") -> Case:
    return Case(record(number, person), f"l-{number}", part)


def model(name: str, recipe: str = "kinds") -> ModelInfo:
    return ModelInfo(f"m-{name}", name, 3, "candidate", "toy", recipe, {}, {})


@dataclass
class Shelf:
    """What of the library is asked."""

    sets: dict[str, list[Case]]
    bare: list[Record] = field(default_factory=list)
    made: list[Any] = field(default_factory=list)
    stored: tuple[ModelInfo, ...] = (model("net"), model("other", "tagger"))

    def model(self, ref: str) -> ModelInfo:
        return next(one for one in self.stored if ref.partition("@")[0] in (one.id, one.name))

    def cases(self, name: str) -> list[Case]:
        return self.sets[name]

    def runs(self, task: str) -> list[Any]:
        return self.made

    def unlabelled(self, task: str, kinds: tuple[str, ...], label_kind: str) -> list[Record]:
        return self.bare


def run(**settings: Any) -> Any:
    return SimpleNamespace(id="run-1", dataset="new", base="", seed=0, settings=settings)


def test_earlier_cases_are_those_of_the_run_that_made_the_base():
    shelf: Any = Shelf({"new": [case(1, "train")], "old": [case(7, "test")]})
    based = run()
    based.base = "m-net"
    assert not request_of(shelf, SPEC, RECIPE, based).earlier
    shelf.made = [SimpleNamespace(model="m-net", dataset="old")]
    assert [one.record.id for one in request_of(shelf, SPEC, RECIPE, based).earlier] == ["r-7"]
    shelf.made = [SimpleNamespace(model="m-net", dataset="new")]
    assert not request_of(shelf, SPEC, RECIPE, based).earlier


def test_records_without_a_label_are_given_only_where_asked_for_and_none_of_a_patient_who_judges():
    cases = [case(1, "train"), case(2, "test", "P2")]
    shelf: Any = Shelf({"new": cases}, bare=[record(3), record(4, "P2"), record(1), record(5, "P1")])
    assert [one.record.id for one in unlabelled(shelf, RECIPE, "toy", cases)] == ["r-3", "r-5"]
    assert not request_of(shelf, SPEC, RECIPE, run(pseudo_labels=0.0)).unlabelled
    asked = request_of(shelf, SPEC, RECIPE, run(pseudo_labels=0.9))
    assert len(asked.unlabelled) == 2 and asked.predictor == "some:Predictor"


def test_a_teacher_is_pinned_to_its_version_and_must_be_of_the_recipe():
    shelf: Any = Shelf({"new": [case(1, "train")]})
    settings = pinned(shelf, SPEC, RECIPE, {"teacher": "net"})
    assert settings == {"teacher": "net@3"}
    assert request_of(shelf, SPEC, RECIPE, run(**settings)).teacher == model("net")
    with pytest.raises(BadInput, match="made by the recipe tagger"):
        pinned(shelf, SPEC, RECIPE, {"teacher": "other"})
    assert pinned(shelf, SPEC, RECIPE, {"teacher": ""}) == {"teacher": ""}
    with pytest.raises(BadInput):
        pinned(shelf, SPEC, replace_id(RECIPE), {"teacher": "net"})


def replace_id(recipe: Any) -> Any:
    return SimpleNamespace(**{**vars(recipe), "id": "another"})
