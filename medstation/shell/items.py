"""Records as the window lists them: from the library, or opened from files and kept nowhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from medstation.api import Json, Person, Record
from medstation.library import Counts


@dataclass(frozen=True)
class Item:
    """One record in the window. `files` is empty for a record of the library (see `medstation.actions.opening`).

    `elsewhere` is the title of its task where that is not the one that is shown.
    """

    key: str
    record: Record
    files: tuple[Json, ...] = ()
    labels: int = 0
    predictions: int = 0
    elsewhere: str = ""

    @property
    def imported(self) -> bool:
        return bool(self.record.id)


@dataclass(frozen=True)
class Patient:
    """A person with the items that are listed: those of the task, then those of others; newest first."""

    person: Person
    items: tuple[Item, ...]


def items_of(
    records: Iterable[Record], counts: Mapping[str, Counts], elsewhere: Mapping[str, str] | None = None
) -> list[Item]:
    """Records of the library with how much is known of each; `counts` by record id, titles of other tasks by task."""
    nothing = Counts(0, 0)
    return [
        Item(
            record.id,
            record,
            labels=counts.get(record.id, nothing).labels,
            predictions=counts.get(record.id, nothing).predictions,
            elsewhere=(elsewhere or {}).get(record.task, ""),
        )
        for record in records
    ]


def by_patient(items: Iterable[Item]) -> list[Patient]:
    """Items grouped by person in the order of their keys; opened files come first, as what was asked for last."""
    groups: dict[tuple[bool, str], list[Item]] = {}
    for item in items:
        groups.setdefault((item.imported, item.record.person.key), []).append(item)
    ordered = sorted(groups.items(), key=lambda pair: (pair[0][0], pair[0][1].casefold()))
    return [Patient(group[0].record.person, _newest_first(group)) for _, group in ordered]


def _newest_first(items: list[Item]) -> tuple[Item, ...]:
    titled = sorted(items, key=lambda item: item.record.title)
    newest = sorted(titled, key=lambda item: item.record.when, reverse=True)
    return tuple(sorted(newest, key=lambda item: item.elsewhere))
