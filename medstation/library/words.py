"""The search index: which people and records can hold a word at all, wherever in their texts it stands.

Texts are kept as overlapping pairs of their letters, so that a piece of a word is found as well, in scripts without
spaces too; names of two characters are whole names in some. A hit only narrows the search: see `finding`.
"""

from __future__ import annotations

from itertools import pairwise

from medstation.vault import Transaction

PEOPLE, RECORDS = "people_words", "record_words"
SHORTEST = 2
"""Letters that a word needs to be in the index."""


def phrase(word: str) -> str:
    """What to ask the index for a word of at least `SHORTEST` letters without spaces."""
    return f'"{" ".join(_pairs(word.casefold()))}"'


def index_person(tx: Transaction, row_id: int) -> None:
    """After a change of the person's row."""
    _index(tx, PEOPLE, row_id, "SELECT key || ' ' || name FROM people WHERE id = ?")


def index_record(tx: Transaction, row_id: int) -> None:
    """After a change of the record's row. A trigger forgets records that are deleted."""
    _index(tx, RECORDS, row_id, "SELECT title || ' ' || subtitle || ' ' || taken FROM records WHERE id = ?")


def indexed(*texts: str) -> str:
    """The texts as the index holds them. A mark after each word keeps words from running into each other."""
    words = " ".join(texts).casefold().split()
    return " ".join(token for word in words for token in (*_pairs(word), "-"))


def _index(tx: Transaction, table: str, row_id: int, sql: str) -> None:
    row = tx.one(sql, row_id)
    assert row is not None
    tx.execute(f"INSERT OR REPLACE INTO {table} (rowid, text) VALUES (?, ?)", row_id, indexed(row[0]))


def _pairs(word: str) -> list[str]:
    """Pairs of letters as plain digits and letters, which no tokenizer takes apart."""
    return [f"{ord(first):x}x{ord(second):x}" for first, second in pairwise(word)]
