"""A vault with very many records: how long it takes to open, to find a patient, and to show pages of the list.

    python tests/bench/many_records.py --records 1000000 --folder /tmp/many

The vault is made through the library's own schema (four records a patient, three tasks), and kept in `--folder` when
that is given, so that a second run only measures. Each measurement is the first of a fresh process.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[2] / part) for part in ("", "plugins")]

from medstation.library import Library  # noqa: E402
from medstation.library.words import indexed  # noqa: E402
from medstation.vault import Kdf, Transaction, Vault  # noqa: E402

PASSPHRASE = "a long enough passphrase"
EACH = 4
PAGE = 500
TASKS = ("imaging.series", "imaging.series", "signals.recordings", "notes.documents")
TITLES = ("CT chest", "MR brain", "12-lead ECG", "Discharge letter")
FAMILIES = ["Aalto", "Nguyen", "Okafor", "Schäfer", "Novák", "Smith", "Haddad", "Silva", "Kowalska", "王", "李", "佐藤"]
GIVEN = ["Maria", "John", "Amina", "Petr", "Lin", "Sofia", "Kofi", "Jürgen", "伟", "芳", "太郎", "Eva"]
QUERIES = {
    "a patient by number": "P0123456",
    "a patient by name": "Quillfeather",
    "a patient by a name of two characters": "孔明",
    "a patient by number, with a word": "chest P0123456",
    "a word in every fourth record": "brain",
    "one letter": "x",
    "a day": "2019-03-07",
    "a title that few have": "angiography",
    "nothing": "no-such-word-anywhere",
}


def fill(tx: Transaction, records: int) -> None:
    """Rows as imports would leave them, without files."""
    chance = random.Random(0)
    for person in range(1, records // EACH + 1):
        name = _name(person, chance)
        key = f"P{person:07d}"
        tx.insert("people", id=person, key=key, name=name, sex="F", birth_date="1950-01-01")
        tx.insert("people_words", rowid=person, text=indexed(key, name))
        for place, (task, title) in enumerate(zip(TASKS, TITLES, strict=True)):
            _add_record(tx, person, place, task, title, chance)


def _name(person: int, chance: random.Random) -> str:
    if person == 77_777 % 1000 + 1:
        return "Quillfeather^Ottoline"
    if person == 99:
        return "孔明"
    return f"{chance.choice(FAMILIES)}{chance.randrange(1000)}^{chance.choice(GIVEN)}"


def _add_record(tx: Transaction, person: int, place: int, task: str, title: str, chance: random.Random) -> None:
    number = (person - 1) * EACH + place + 1
    if number % 100_003 == 0:
        title = "CT angiography"
    taken = f"20{chance.randrange(10, 26)}-{chance.randrange(1, 13):02d}-{chance.randrange(1, 29):02d}T10:15:00"
    subtitle = f"{chance.randrange(20, 900)} slices"
    tx.insert("groups", id=number, task=task, person=person, name=f"1.2.826.0.1.{number}")
    facts = {"part": "", "kind": "series", "title": title, "subtitle": subtitle, "taken": taken}
    meta = json.dumps({"volume": {"shape": [300, 512, 512], "spacing": [1.0, 0.7, 0.7]}})
    tx.insert("records", id=number, task=task, person=person, grp=number, **facts, meta=meta, notes="[]")
    tx.insert("record_words", rowid=number, text=indexed(title, subtitle, taken))


def make(folder: Path, records: int) -> None:
    with Vault.create(folder, PASSPHRASE, kdf=Kdf.weakest()) as vault:
        Library(vault, "owner")
        with vault.write("owner", "import") as tx:
            fill(tx, records)


def measure(folder: Path) -> dict[str, tuple[float, float]]:
    """Milliseconds of each by the clock and of the processor, the first time in this process and with a cold cache of
    the database's own."""
    found: dict[str, tuple[float, float]] = {}

    def timed(name: str, act: Callable[[], Any]) -> Any:
        began, worked = time.perf_counter(), time.process_time()
        answer = act()
        found[name] = 1000 * (time.perf_counter() - began), 1000 * (time.process_time() - worked)
        return answer

    library = timed("open", lambda: Library(Vault.open(folder, PASSPHRASE), "owner"))
    page = timed("first page", lambda: library.records(limit=PAGE))
    timed("page of one task", lambda: library.records(TASKS[0], limit=PAGE))
    timed("beside the page", lambda: library.records_beside(TASKS[0], page))
    timed("labels and predictions of the page", lambda: library.counts([record.id for record in page]))
    timed("a page far down", lambda: library.records(limit=PAGE, offset=library.count() // 2))
    timed("how many there are", library.count)
    timed("records of one patient", lambda: library.records(person="P0000042"))
    for name, query in QUERIES.items():
        timed(name, lambda query=query: library.records(query=query, limit=PAGE))
    library.vault.close()
    return found


def rounds(folder: Path, count: int) -> Iterator[dict[str, tuple[float, float]]]:
    for _ in range(count):
        command = [sys.executable, __file__, "--measure", str(folder)]
        yield json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--measure", type=Path, default=None, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        sys.stdout.write(json.dumps(measure(given.measure)) + "\n")
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.folder or Path(scratch) / "vault"
        if not folder.exists():
            began = time.perf_counter()
            make(folder, given.records)
            sys.stdout.write(f"made in {time.perf_counter() - began:.0f} s\n")
        seen = list(rounds(folder, given.rounds))
        size = (folder / "vault.db").stat().st_size / 1e6
    sys.stdout.write(f"{given.records} records, {size:.0f} MB of database; medians of {given.rounds}, in ms\n")
    for name in seen[0]:
        wall, cpu = (median(one[name][place] for one in seen) for place in (0, 1))
        sys.stdout.write(f"{name:40} {wall:9.1f} by the clock {cpu:9.1f} of the processor\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
