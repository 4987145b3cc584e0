"""Who is on the images, in one line. No Qt here."""

from __future__ import annotations

from datetime import date

from medstation.api import Person


def person_line(person: Person, when: str) -> str:
    """Such as "DEMO-0007  Doe Jane  F 64Y": identifier, name, sex, age at the time of the images."""
    name = " ".join(person.name.replace("^", " ").split())
    sex_age = " ".join(filter(None, (person.sex, age(person.birth_date, when))))
    return "  ".join(filter(None, (person.key, "" if name == person.key else name, sex_age)))


def age(birth_date: str, when: str) -> str:
    """Years (months below two years) between two ISO dates: "64Y", "7M"; "" where one is unknown."""
    try:
        born, then = date.fromisoformat(birth_date[:10]), date.fromisoformat(when[:10])
    except ValueError:
        return ""  # an unknown or partial date is no error: the age is simply not said
    months = (then.year - born.year) * 12 + then.month - born.month - (then.day < born.day)
    if months < 0:
        return ""
    return f"{months // 12}Y" if months >= 24 else f"{months}M"
