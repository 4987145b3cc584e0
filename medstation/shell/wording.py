"""Numbers, people and times as the window says them. Plain functions, no widgets."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from medstation.api import ModelInfo, Person, Recipe, Record

if TYPE_CHECKING:
    from medstation.library import DataSet

translate = QCoreApplication.translate

STATE_TONES = {
    "candidate": "caution", "proposed": "caution", "approved": "safe", "retired": "muted", "waiting": "muted",
    "done": "safe", "stopped": "caution", "failed": "danger", "interrupted": "caution", "accepted": "safe",
    "corrected": "caution", "rejected": "danger",
}  # fmt: skip


def number(value: float, sign: bool = False) -> str:
    """Three significant places at most, decimals as the size asks; "–" for what is not a number."""
    if value is None or not math.isfinite(value):
        return "–"
    size = abs(value)
    decimals = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 3
    return f"{value:{'+' if sign else ''}.{decimals}f}".replace("-", "−")


def sentence(text: str) -> str:
    """`text` with a capital letter at its beginning."""
    return text[:1].upper() + text[1:]


def interval(measured: Mapping[str, float]) -> str:
    """`{"value", "low", "high"}` as "0.861 [0.823–0.894]"."""
    ends = "–".join(number(measured[end]) for end in ("low", "high"))
    return f"{number(measured['value'])} [{ends}]"


def difference(measured: Mapping[str, float]) -> str:
    """`{"value", "low", "high"}` as "+0.021 [+0.004, +0.039]"."""
    ends = ", ".join(number(measured[end], sign=True) for end in ("low", "high"))
    return f"{number(measured['value'], sign=True)} [{ends}]"


def time_left(seconds: float) -> str:
    """A rough time in words: nobody plans by the second."""
    if seconds < 8:
        return translate("wording", "a few seconds left")
    if seconds < 90:
        return translate("wording", "{0} s left").format(round(seconds / 5) * 5)
    if seconds < 5400:
        return translate("wording", "{0} min left").format(round(seconds / 60))
    return translate("wording", "{0} h left").format(f"{seconds / 3600:.1f}")


def age(person: Person, when: str) -> int | None:
    """Years at the date `when` (ISO 8601, "" for today); None where the birth date is not known or makes no sense."""
    try:
        born = date.fromisoformat(person.birth_date)
        then = date.fromisoformat(when[:10]) if when else date.today()
    except ValueError:
        return None
    years = then.year - born.year - ((then.month, then.day) < (born.month, born.day))
    return years if 0 <= years <= 130 else None


def person_line(person: Person, records: Sequence[Record]) -> str:
    """What stands under a patient's name in lists: "F · 64 y · 3 records"."""
    years = age(person, max((record.when for record in records), default=""))
    count = (
        translate("wording", "1 record")
        if len(records) == 1
        else translate("wording", "{0} records").format(len(records))
    )
    parts = [person.sex, translate("wording", "{0} y").format(years) if years is not None else "", count]
    return " · ".join(part for part in parts if part)


def person_title(person: Person) -> str:
    """The patient's key, and the name where it says more."""
    name = person.name.replace("^", " ").strip()
    return (
        f"{person.key} · {name}" if name and name != person.key else person.key or translate("wording", "No patient ID")
    )


def model_title(model: ModelInfo) -> str:
    return f"{model.name} v{model.version}"


def model_measured(model: ModelInfo, recipe: Recipe | None) -> list[tuple[str, str]]:
    """A model's metrics on its test set with their intervals, the deciding one first."""
    test = model.card.get("test", {})
    titles = {metric.name: metric for metric in recipe.metrics} if recipe else {}
    rows = []
    for name, measured in test.items():
        spec = titles.get(name)
        unit = f" {spec.unit}" if spec and spec.unit else ""
        rows.append((spec.title if spec else name, interval(measured) + unit))
    return rows


def states(state: str) -> tuple[str, str]:
    """The word for a state of a model, run or verdict, and its tone."""
    words = {
        "candidate": translate("wording", "candidate"), "approved": translate("wording", "approved"),
        "proposed": translate("wording", "proposed"),
        "retired": translate("wording", "retired"), "waiting": translate("wording", "waiting"),
        "running": translate("wording", "running"), "done": translate("wording", "done"),
        "stopped": translate("wording", "stopped"), "failed": translate("wording", "failed"),
        "interrupted": translate("wording", "interrupted"), "accepted": translate("wording", "accepted"),
        "corrected": translate("wording", "corrected"), "rejected": translate("wording", "rejected"),
    }  # fmt: skip
    return words.get(state, state), STATE_TONES.get(state, "")


def comparison_word(measured: Mapping[str, float], higher_is_better: bool) -> tuple[str, str]:
    """What a difference with its interval says, and its tone: only an interval that leaves out zero says anything."""
    low, high = measured["low"], measured["high"]
    if not (math.isfinite(low) and math.isfinite(high)) or low <= 0 <= high:
        return translate("wording", "no difference shown"), ""
    better = (low > 0) == higher_is_better
    return (translate("wording", "better"), "safe") if better else (translate("wording", "worse"), "danger")


def dataset_patients(dataset: DataSet) -> str:
    """Patients per part: "48 / 8 / 12"."""
    parts = ("train", "validation", "test")
    return " / ".join(str(len({item.patient for item in dataset.items if item.part == part})) for part in parts)
