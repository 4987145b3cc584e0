"""Made-up clinical notes in English with their entities, for the demo and for tests. No patient stands behind them."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from medstation_samples import notes_words as words

PATIENTS, NOTES_EACH = 30, 2
BEFORE, WITHIN, INVENTED, MISTYPED = 0.2, 0.2, 0.3, 0.15
"""How often a name has a word before it that does not belong to it, one that does, is made up, is mistyped."""
_SLOT = re.compile(r"\{(\w+)\}")


def write(out: Path, seed: int) -> dict[str, Any]:
    """One file of JSON lines, a note a line with patient, date and spans. {"import": [path], "labels": []}."""
    out.mkdir(parents=True, exist_ok=True)
    path = out / "notes.jsonl"
    rows = (json.dumps(row, ensure_ascii=False) for row in notes(seed))
    path.write_text("\n".join(rows) + "\n", "utf-8")
    return {"import": [str(path)], "labels": []}


def notes(seed: int, patients: int = PATIENTS) -> Iterator[dict[str, Any]]:
    """Rows of `id`, `patient`, `date`, `text` and `spans` (start, end, type, text)."""
    chance = random.Random(seed)
    for patient in range(1, patients + 1):
        for number in range(NOTES_EACH):
            note = Writer(chance)
            note.all()
            yield {
                "title": f"{chance.choice(words.TITLES)} {patient:03d}-{number + 1}",
                "patient": f"DEMO-{patient:04d}",
                "date": f"2026-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}",
                "text": note.text,
                "spans": note.spans,
            }


class Writer:
    """Writes a note piece by piece and remembers where its entities are."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self.text = ""
        self.spans: list[dict[str, Any]] = []

    def all(self) -> None:
        self._section("HISTORY OF PRESENT ILLNESS:", words.HISTORY, 1)
        self._sentences(words.DENIES, 1)
        self._section("PAST MEDICAL HISTORY:", words.PAST, 2)
        self._list("MEDICATIONS:", words.MEDICATION, self._chance.randint(2, 4))
        self._section("HOSPITAL COURSE:", words.COURSE, self._chance.randint(3, 6))
        self._section("PLAN:", words.PLAN, self._chance.randint(2, 3))

    def _section(self, heading: str, patterns: tuple[str, ...], count: int) -> None:
        self.text += ("\n\n" if self.text else "") + heading + "\n"
        self._sentences(patterns, count)

    def _sentences(self, patterns: tuple[str, ...], count: int) -> None:
        for pattern in self._chance.sample(patterns, count):
            self.text += "" if self.text.endswith("\n") else " "
            self._fill(pattern)

    def _list(self, heading: str, patterns: tuple[str, ...], count: int) -> None:
        self.text += f"\n\n{heading}"
        for number in range(1, count + 1):
            self.text += f"\n{number}. "
            self._fill(self._chance.choice(patterns))

    def _fill(self, pattern: str) -> None:
        begin = len(self.text)
        for index, piece in enumerate(_SLOT.split(pattern)):
            if index % 2 == 0:
                self.text += piece
            elif piece in words.KINDS:
                self._entity(piece, capital=len(self.text) == begin)
            else:
                self.text += self._value(piece)

    def _entity(self, slot: str, capital: bool) -> None:
        kind = words.KINDS[slot][0]
        name = self._name(slot)
        if not capital and self._chance.random() < BEFORE:
            self.text += self._chance.choice(words.OUTSIDE) + " "
        shown = name[0].upper() + name[1:] if capital else name
        start = len(self.text)
        self.text += shown
        self.spans.append({"start": start, "end": len(self.text), "type": kind, "text": shown})

    def _name(self, slot: str) -> str:
        """A name as people write it: with a word that belongs to it, unheard of, or mistyped."""
        draw = self._chance
        name = draw.choice(words.KINDS[slot][1])
        if slot == "drug" and draw.random() < INVENTED:
            name = (draw.choice(words.BEGINNINGS) + draw.choice(words.MIDDLES) + draw.choice(words.ENDINGS)).lower()
        if draw.random() < MISTYPED and len(name) > 5:
            place = draw.choice([at for at in range(1, len(name) - 2) if name[at : at + 2].isalpha()])
            name = name[:place] + name[place + 1] + name[place] + name[place + 2 :]
        return f"{draw.choice(words.INSIDE[slot])} {name}" if draw.random() < WITHIN else name

    def _value(self, slot: str) -> str:
        draw = self._chance
        values = {
            "age": str(draw.randint(24, 91)),
            "person": draw.choice(("man", "woman")),
            "days": str(draw.randint(2, 12)),
            "year": str(draw.randint(1998, 2025)),
            "dose": str(draw.choice((5, 10, 20, 40, 50, 100, 250, 500))),
            "often": draw.choice(words.OFTEN),
            "value": f"{draw.uniform(0.1, 240):.1f}",
            "unit": draw.choice(words.UNITS),
        }
        return values[slot]
