"""Open files without importing them: nothing is kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from medstation.actions.importing import importers
from medstation.actions.walking import scan, sort_by_task
from medstation.actions.workstation import Workstation, find_plugins
from medstation.api import Found, Importer, Json, Record, RecordDraft, Skipped
from medstation.api.encoding import found_to_json, record_to_json, skipped_to_json
from medstation.jobs import Desk, Job


def start(ws: Workstation, paths: Iterable[Path], task: str = "") -> Job:
    """Result: {"items": [{"record": {...}, "files": [...]}], "skipped": [...]}; see `medstation.api.encoding`."""
    request = {"paths": [str(Path(path).absolute()) for path in paths], "task": task}
    return ws.pool.submit("medstation.actions.opening:run", request, title="Open", wait_for_warm=False)


def run(request: Json, desk: Desk) -> Json:
    items, skipped = look([Path(path) for path in request["paths"]], request["task"], desk)
    shown = [
        {"record": record_to_json(record), "files": [found_to_json(found) for found in files]}
        for record, files in items
    ]
    return {"items": shown, "skipped": [skipped_to_json(one) for one in skipped]}


def look(paths: list[Path], task: str, desk: Desk) -> tuple[list[tuple[Record, list[Found]]], list[Skipped]]:
    """Records assembled from files on the disk, each with its files in order."""
    by_importer = importers(find_plugins(), task, {})
    wanted, skipped = sort_by_task(paths, by_importer)
    items: list[tuple[Record, list[Found]]] = []
    for task_id, mine in wanted.items():
        for group in scan(by_importer[task_id], mine, desk.report, skipped):
            items += _assemble(task_id, by_importer[task_id], group, skipped)
    return items, skipped


def _assemble(
    task: str, importer: Importer, group: list[Found], skipped: list[Skipped]
) -> list[tuple[Record, list[Found]]]:
    items = []
    for draft in importer.assemble(group):
        if isinstance(draft, Skipped):
            skipped.append(draft)
        else:
            items.append((as_record(task, group[0], draft), [group[index] for index in draft.files]))
    return items


def as_record(task: str, first: Found, draft: RecordDraft) -> Record:
    """A draft as a record that is in no vault: its id is ""."""
    fields = {key: value for key, value in asdict(draft).items() if key not in ("files", "part", "notes", "labels")}
    return Record(id="", task=task, person=first.person, notes=tuple(draft.notes), **fields)
