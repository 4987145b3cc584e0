"""Import: files and folders into the vault, bit for bit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from medstation.actions.walking import scan, sort_by_task
from medstation.actions.workstation import Bench, Workstation, at_work
from medstation.api import Found, Importer, Json, Record, Skipped, resolve, resolve_ref
from medstation.api.encoding import skipped_to_json
from medstation.jobs import Desk, Job
from medstation.registry import Registry
from medstation.vault import rights


def start(ws: Workstation, paths: Iterable[Path], task: str = "", settings: Mapping[str, object] | None = None) -> Job:
    """Import in a worker. `settings` are the task's import settings, and need `task`.

    Result: {"records": [...], "skipped": [...], "added": files stored, "duplicates": files known}.
    """
    if settings:
        resolve(ws.registry.task(task).import_settings, settings)  # said before anything starts
    request = {
        "paths": [str(Path(path).absolute()) for path in paths],
        "task": task,
        "settings": dict(settings or {}),
    }
    return ws.submit(rights.IMPORT, "medstation.actions.importing:run", request, "Import", wait_for_warm=False)


def importers(registry: Registry, task: str, settings: Mapping[str, object]) -> dict[str, Importer]:
    """The importers of one task, or of all whose requirements are here."""
    specs = [registry.task(task)] if task else list(registry.tasks.values())
    ready = [spec for spec in specs if not registry.missing(spec.id)]
    return {spec.id: resolve_ref(spec.importer)(resolve(spec.import_settings, settings)) for spec in ready}


def record_summary(record: Record) -> Json:
    """A record as lists and scripts see it."""
    return {
        "id": record.id,
        "task": record.task,
        "kind": record.kind,
        "patient": record.person.key,
        "title": record.title,
        "subtitle": record.subtitle,
        "when": record.when,
        "notes": list(record.notes),
    }


def run(request: Json, desk: Desk) -> Json:
    with at_work(request, desk) as bench:
        intake = _Intake(bench, desk)
        by_importer = importers(bench.registry, request["task"], request["settings"])
        wanted, intake.skipped = sort_by_task([Path(path) for path in request["paths"]], by_importer)
        for task, paths in wanted.items():
            intake.take(task, by_importer[task], paths)
        return intake.result()


class _Intake:
    """What one import has taken so far."""

    def __init__(self, bench: Bench, desk: Desk) -> None:
        self.bench = bench
        self.desk = desk
        self.skipped: list[Skipped] = []
        self.records: dict[str, Record] = {}
        self.added = self.duplicates = 0

    def take(self, task: str, importer: Importer, paths: list[Path]) -> None:
        def scanned(done: float, text: str) -> None:
            self.desk.report(0.2 * done, text)

        groups = scan(importer, paths, scanned, self.skipped)
        for index, group in enumerate(groups):
            self._store(task, importer, group, index / len(groups), 1 / len(groups))

    def _store(self, task: str, importer: Importer, group: list[Found], begin: float, share: float) -> None:
        def stored(done: float, text: str) -> None:
            self.desk.report(0.2 + 0.8 * (begin + share * done), text)

        taken = self.bench.library.ingest(task, importer, group, stored)
        self.skipped.extend(taken.skipped)
        self.added += taken.added
        self.duplicates += taken.duplicates
        self.records.update({record.id: record for record in taken.records})
        for record in taken.records:
            self.desk.event({"event": "record", **record_summary(record)})

    def result(self) -> Json:
        counts: dict[str, Any] = {"added": self.added, "duplicates": self.duplicates}
        return {
            "records": [record_summary(record) for record in self.records.values()],
            "skipped": [skipped_to_json(skipped) for skipped in self.skipped],
            **counts,
        }
