"""The SQL that finds records, quick with a million of them.

There are three ways. Where something asked for is rare (a patient, a word that few people and records hold), those few
are taken from the index, looked at closely and sorted. Else one walks along the people in the order of the list and
stops when the page is full. Where that does not come soon, all records are looked at as they lie, and sorted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from medstation.library.words import PEOPLE, RECORDS, SHORTEST, phrase
from medstation.vault import Reader, Row

SELECT = """SELECT records.*, people.key AS person_key, people.name AS person_name, people.sex, people.birth_date"""
ORDER = " ORDER BY people.name COLLATE NOCASE, people.key, records.taken, records.id"
_SEARCHED = ("people.key", "people.name", "records.title", "records.subtitle", "records.taken")
_FEW_PEOPLE, _FEW_RECORDS = 500, 2000
_PEOPLE_ON_THE_WAY = 5000
"""So far one walks for a page of records with common words."""
# CROSS JOIN is SQLite's word for "in this order"
_RECORDS_FIRST = "records CROSS JOIN people ON people.id = records.person"
_PEOPLE_FIRST = "people CROSS JOIN records ON records.person = people.id"


@dataclass(frozen=True)
class Wanted:
    """Which records: of a task, of a patient (by key), with every word of the query somewhere in their texts; at most
    `limit` (-1: all) after the first `offset`, sorted by patient and time."""

    task: str = ""
    person: str = ""
    query: str = ""
    limit: int = -1
    offset: int = 0


@dataclass
class _Search:
    """A `FROM … WHERE …` over records and people, with its values."""

    tables: str
    conditions: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    def require(self, condition: str, *values: Any) -> None:
        self.conditions.append(condition)
        self.values += values

    def rows(self, reader: Reader, wanted: Wanted) -> list[Row]:
        sql = f"{SELECT} FROM {self.tables} WHERE {' AND '.join(self.conditions or ['1'])}{ORDER} LIMIT ? OFFSET ?"
        return reader.all(sql, *self.values, wanted.limit, wanted.offset)


def find(reader: Reader, wanted: Wanted) -> list[Row]:
    """Rows of records joined with their people."""
    holders = _rarest(reader, wanted.query)
    if holders is not None:
        search = _Search(_RECORDS_FIRST)
        of_people = "SELECT id FROM records WHERE person IN (SELECT value FROM json_each(?))"
        search.require(f"records.id IN ({of_people} UNION SELECT value FROM json_each(?))", *map(json.dumps, holders))
        return _asked(search, wanted).rows(reader, wanted)
    if wanted.person or _is_rare_task(reader, wanted.task):
        return _asked(_Search(_RECORDS_FIRST), wanted).rows(reader, wanted)
    return _walked(reader, wanted)


def _walked(reader: Reader, wanted: Wanted) -> list[Row]:
    walk = _asked(_Search(_PEOPLE_FIRST), wanted)
    if not wanted.query or wanted.limit < 0:
        return walk.rows(reader, wanted)
    order = "SELECT name, key FROM people ORDER BY name COLLATE NOCASE, key LIMIT 1 OFFSET ?"
    last = reader.one(order, _PEOPLE_ON_THE_WAY)
    if last is None:
        return walk.rows(reader, wanted)
    walk.require("(people.name COLLATE NOCASE, people.key) <= (?, ?)", last["name"], last["key"])
    rows = walk.rows(reader, wanted)
    if len(rows) == wanted.limit:
        return rows
    return _asked(_Search(_RECORDS_FIRST), wanted).rows(reader, wanted)


def _asked(search: _Search, wanted: Wanted) -> _Search:
    """The search with all that is asked for."""
    if wanted.person:
        search.require("records.person = (SELECT id FROM people WHERE key = ?)", wanted.person)
    if wanted.task:
        search.require("records.task = ?", wanted.task)
    for word in wanted.query.split():
        condition = " OR ".join(f"{column} LIKE ? ESCAPE '\\'" for column in _SEARCHED)
        search.require(f"({condition})", *[_pattern(word)] * len(_SEARCHED))
    return search


def _rarest(reader: Reader, query: str) -> tuple[list[int], list[int]] | None:
    """People and records that may hold the longest word that few hold; None if there is no such word."""
    for word in sorted(query.split(), key=len, reverse=True):
        if len(word) >= SHORTEST:
            people, records = _holders(reader, word)
            if len(people) <= _FEW_PEOPLE and len(records) <= _FEW_RECORDS:
                return people, records
    return None


def _holders(reader: Reader, word: str) -> Iterator[list[int]]:
    """Rows of people and of records; looking ends one above what is few."""
    for table, few in ((PEOPLE, _FEW_PEOPLE), (RECORDS, _FEW_RECORDS)):
        rows = reader.all(f"SELECT rowid FROM {table} WHERE {table} MATCH ? LIMIT ?", phrase(word), few + 1)
        yield [row[0] for row in rows]


def _is_rare_task(reader: Reader, task: str) -> bool:
    sql = "SELECT count(*) FROM (SELECT 1 FROM records WHERE task = ? LIMIT ?)"
    row = reader.one(sql, task, _FEW_RECORDS + 1) if task else None
    return row is not None and int(row[0]) <= _FEW_RECORDS


def _pattern(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
