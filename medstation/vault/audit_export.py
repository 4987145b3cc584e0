"""The audit log as a file for the hospital's own log system: CSV or JSON, by the file's name."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import IO, TYPE_CHECKING

from medstation.api import BadInput, Json, WrongUsage
from medstation.vault.audit import AuditEntry
from medstation.vault.faults import disk_faults

if TYPE_CHECKING:
    from medstation.vault.vault import Vault

_COLUMNS = ("seq", "at", "actor", "action", "subject", "detail")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def export_log(vault: Vault, path: Path) -> Json:
    """Write the whole log to `path` (.csv or .json), which must not exist; how many entries, and their signed end."""
    write = {".csv": _write_csv, ".json": _write_json}.get(path.suffix.lower())
    if write is None:
        raise WrongUsage(f"{path.name} is neither .csv nor .json", "Name the file after the format you want.")
    if path.exists():
        raise BadInput(f"{path} exists already", "Choose another name; nothing is overwritten.")
    vault.note("audit.export", path.name)  # first, so that the exported log tells of its own export
    signed = vault.audit.signed_head().to_json()
    part = path.with_name(path.name + ".part")
    try:
        with disk_faults(f"writing {path}"):
            with part.open("w", encoding="utf-8", newline="") as file:
                count = write(file, (entry for entry in vault.audit.each() if entry.seq <= signed["entry"]), signed)
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return {"file": str(path), "entries": count, "head": signed}


def _write_csv(file: IO[str], entries: Iterable[AuditEntry], _: Json) -> int:
    table = csv.writer(file)
    table.writerow(_COLUMNS)
    count = 0
    for entry in entries:
        detail = json.dumps(entry.detail, sort_keys=True, ensure_ascii=False)
        table.writerow([entry.seq, *map(_plain, (entry.at, entry.actor, entry.action, entry.subject, detail))])
        count += 1
    return count


def _plain(cell: str) -> str:
    """A spreadsheet must not take a cell for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _write_json(file: IO[str], entries: Iterable[AuditEntry], signed: Json) -> int:
    """{"head": the signed end, "entries": [...]}, an entry per line."""
    file.write(f'{{"head": {json.dumps(signed)},\n"entries": [')
    count = 0
    for entry in entries:
        file.write(f"{',' if count else ''}\n{json.dumps(asdict(entry), ensure_ascii=False)}")
        count += 1
    file.write("\n]}\n")
    return count
