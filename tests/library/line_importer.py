"""A tiny task for tests: a file is lines of `patient;group;text`, a record is the lines of one patient and group."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from medstation.api import FileSource, Found, Person, Record, RecordDraft, Skipped
from medstation.library import Ingested, Library

TASK = "notes.line"


class LineImporter:
    def wants(self, path: Path) -> bool:
        return path.suffix == ".txt"

    def scan(self, paths: Iterable[Path]) -> Iterator[Found | Skipped]:
        for path in paths:
            for number, line in enumerate(path.read_text().splitlines()):
                patient, group, text = line.split(";")
                yield Found(path, group, Person(patient, f"Name of {patient}"), {"line": number, "text": text})

    def assemble(self, group: Sequence[Found]) -> Sequence[RecordDraft | Skipped]:
        good = tuple(index for index, found in enumerate(group) if found.facts["text"] != "bad")
        skipped = [Skipped(found.path, "a bad line") for found in group if found.facts["text"] == "bad"]
        if not good:
            return skipped
        meta = {"lines": len(good)}
        title = " ".join(group[index].facts["text"] for index in good)
        return [RecordDraft("note", title, good, when="2026-01-02", subtitle=f"{len(good)} lines", meta=meta), *skipped]

    def thumbnail(self, record: Record, files: FileSource) -> bytes | None:
        return b"PNG of " + record.title.encode()


def groups(paths: Iterable[Path]) -> list[list[Found]]:
    found: dict[tuple[str, str], list[Found]] = {}
    for item in LineImporter().scan(paths):
        assert isinstance(item, Found)
        found.setdefault((item.person.key, item.group), []).append(item)
    return list(found.values())


def no_report(done: float, text: str) -> None:
    """A job nobody watches."""


def ingest(library: Library, *paths: Path) -> list[Ingested]:
    """Import files, group by group."""
    return [library.ingest(TASK, LineImporter(), group, no_report) for group in groups(paths)]


def take(library: Library, folder: Path, name: str, *lines: str) -> list[Ingested]:
    """Write a file and import it."""
    path = folder / name
    path.write_text("".join(f"{line}\n" for line in lines))
    return ingest(library, path)
