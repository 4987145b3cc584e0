"""The people that records belong to."""

from __future__ import annotations

from medstation.api import Person
from medstation.library.words import index_person
from medstation.vault import Reader, Transaction


def keep_person(tx: Transaction, person: Person) -> tuple[int, list[str]]:
    """The person's row (made or completed), and cautions where what is known contradicts what comes now."""
    row = tx.one("SELECT * FROM people WHERE key = ?", person.key)
    if row is None:
        columns = {"key": person.key, "name": person.name, "sex": person.sex, "birth_date": person.birth_date}
        added = tx.insert("people", **columns)
        index_person(tx, added)
        return added, []
    notes = []
    for column, title in (("name", "name"), ("sex", "sex"), ("birth_date", "date of birth")):
        known, given = str(row[column]), str(getattr(person, column))
        if given and not known:
            tx.execute(f"UPDATE people SET {column} = ? WHERE id = ?", given, row["id"])
            index_person(tx, row["id"])
        elif given and _plain(given) != _plain(known):
            notes.append(f"The {title} in these files is {given!r}, but patient {person.key} is known with {known!r}.")
    return int(row["id"]), notes


def person_of(reader: Reader, row_id: int) -> Person:
    row = reader.one("SELECT * FROM people WHERE id = ?", row_id)
    assert row is not None
    return Person(row["key"], row["name"], row["sex"], row["birth_date"])


def _plain(text: str) -> str:
    """A spelling that ignores case and punctuation: DICOM writes Doe^Jane where a table has DOE JANE."""
    return "".join(letter for letter in text.casefold() if letter.isalnum())
