"""Notes as cases, without a vault: what trainers, predictors and views are tried on."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from medstation.actions.plain_files import PlainFiles
from medstation.api import Case, FileSource, Found, Record, TrainRequest, resolve_ref
from medstation_notes.importer import NotesImporter
from medstation_notes.plugin import DOCUMENTS
from medstation_samples import notes as samples

Item = tuple[Record, FileSource, bytes]


def items(path: Path, **settings: object) -> list[Item]:
    """(record, its files, its label's payload or b"") of every note in a file."""
    importer = NotesImporter(settings)
    made = []
    for found in importer.scan([path]):
        assert isinstance(found, Found), found
        (draft,) = importer.assemble([found])
        record = Record("r-1", "notes.documents", draft.kind, found.person, draft.title, draft.subtitle, draft.when,
                        draft.meta, draft.notes)  # fmt: skip
        made.append((record, PlainFiles([found]), draft.labels[0].payload if draft.labels else b""))
    return made


def sample_items(folder: Path, patients: int = 12) -> list[Item]:
    path = folder / "notes.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in samples.notes(3, patients)), "utf-8")
    return items(path)


class Bench:
    """A `Workbench` over plain files."""

    def __init__(self) -> None:
        self.sources: dict[str, FileSource] = {}
        self.labels: dict[str, bytes] = {}
        self.models: dict[str, bytes] = {}
        self.kept: bytes | None = None
        self.stop_after = 10**9

    def files(self, record: Record) -> FileSource:
        return self.sources[record.id]

    def label(self, label_id: str) -> bytes:
        return self.labels[label_id]

    def weights(self, model_id: str) -> bytes:
        return self.models[model_id]

    def checkpoint(self) -> bytes | None:
        return self.kept

    def stop_requested(self) -> bool:
        self.stop_after -= 1
        return self.stop_after < 0


def cases(bench: Bench, parts: dict[str, Iterable[Item]]) -> list[Case]:
    made: list[Case] = []
    for part, some in parts.items():
        for record, files, label in some:
            record = replace(record, id=f"r-{len(made) + 1}")
            bench.sources[record.id], bench.labels[f"l-{record.id}"] = files, label
            made.append(Case(record, f"l-{record.id}" if label else "", part))
    return made


def train(recipe: str, bench: Bench, some: list[Case], base=None, **settings: object) -> list:
    """All events of a training."""
    chosen = DOCUMENTS.recipe(recipe)
    request = TrainRequest("run-1", recipe, settings, some, 0, base)
    return list(resolve_ref(chosen.trainer)(request, bench))


def of(events: list, kind: type) -> list:
    return [event for event in events if isinstance(event, kind)]
