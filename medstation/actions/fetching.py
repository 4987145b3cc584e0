"""Prepare a record's data for its view, in a worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from medstation.actions.plain_files import PlainFiles
from medstation.actions.workstation import Workstation, at_work
from medstation.api import Fetched, Json, Record, resolve_ref
from medstation.api.encoding import found_from_json, record_from_json, record_to_json
from medstation.jobs import Desk, Job
from medstation.vault import rights

if TYPE_CHECKING:
    import numpy as np


def start(ws: Workstation, ref: str, record: Record, arguments: Json, plain_files: Sequence[Json] = ()) -> Job:
    """Run the `Fetch` named `ref`. Result: its facts, and its arrays in `Done.arrays`. `plain_files`: see `opening`."""
    request = {"ref": ref, "record": record_to_json(record), "arguments": arguments, "files": list(plain_files)}
    return ws.submit(
        rights.VIEW, "medstation.actions.fetching:run", request, f"Open {record.title}", wait_for_warm=False
    )


def run(request: Json, desk: Desk) -> tuple[Json, Mapping[str, np.ndarray]]:
    record = record_from_json(request["record"])
    fetch = resolve_ref(request["ref"])
    if request["files"]:
        files = PlainFiles([found_from_json(found) for found in request["files"]])
        return _answer(fetch(record, files, request["arguments"], desk.report))
    with at_work(request, desk) as bench:
        return _answer(fetch(record, bench.library.files(record.id), request["arguments"], desk.report))


def _answer(fetched: Fetched) -> tuple[Json, Mapping[str, np.ndarray]]:
    return dict(fetched.facts), fetched.arrays
