"""A record's class from a file: JSON, one line of text, or its row in a table."""

from __future__ import annotations

import csv
import json
from pathlib import Path, PurePath

from medstation.api import BadInput, FileSource, Json, LabelDraft, Record

LONGEST_NAME = 120
LARGEST_FILE = 1 << 24
CLASS_COLUMNS = ("class", "label")
KEY_COLUMNS = ("record", "patient", "series", "file")


def read(record: Record, files: FileSource, path: Path) -> LabelDraft:
    """`{"class": name}` as payload and summary."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise BadInput(f"{path.name} is too large to be a class label.", "Give a JSON, text or CSV file.")
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path.name} cannot be read as text: {error}", "Give a JSON, text or CSV file.") from error
    kind = path.suffix.lower()
    if kind == ".json":
        name = _from_json(path, text)
    elif kind == ".csv":
        name = _from_table(record, files, path, text)
    else:
        name = _from_text(path, text)
    if not name or len(name) > LONGEST_NAME:
        raise BadInput(f"{path.name} names no class.", f"A class name has 1 to {LONGEST_NAME} characters.")
    value: Json = {"class": name}
    return LabelDraft("class", json.dumps(value, ensure_ascii=False).encode(), value)


def _from_json(path: Path, text: str) -> str:
    try:
        name = json.loads(text)["class"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadInput(f'{path.name} holds no {{"class": ...}}.', 'Write {"class": "name"}.') from error
    if not isinstance(name, str):
        raise BadInput(f"{path.name}: the class is {name!r}, not a name.", 'Write {"class": "name"}.')
    return name.strip()


def _from_text(path: Path, text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) != 1:
        raise BadInput(f"{path.name} has {len(lines)} lines of text.", "Write the name of the class on one line.")
    return lines[0]


def _from_table(record: Record, files: FileSource, path: Path, text: str) -> str:
    rows = [{str(k).strip().lower(): (v or "").strip() for k, v in row.items() if isinstance(v, str)}
            for row in csv.DictReader(text.splitlines())]  # fmt: skip
    column = next((name for name in CLASS_COLUMNS if rows and name in rows[0]), "")
    if not column:
        hint = "Its first line should name the columns, as in: patient,class"
        raise BadInput(f"{path.name} has no column called class.", hint)
    if not any(key in rows[0] for key in KEY_COLUMNS) and len(rows) == 1:
        return rows[0][column]
    own = _keys(record, files)
    found = {row[column] for row in rows if any(row.get(key) and row[key] in own[key] for key in KEY_COLUMNS)}
    if len(found) != 1:
        number = "no row" if not found else f"{len(found)} different classes"
        message = f"{path.name} has {number} for this record (patient {record.person.key})."
        raise BadInput(
            message, f"Name the record in a column called {', '.join(KEY_COLUMNS[:-1])} or {KEY_COLUMNS[-1]}."
        )
    return found.pop()


def _keys(record: Record, files: FileSource) -> dict[str, set[str]]:
    names = {PurePath(files.name(index)).name for index in range(len(files))}
    stems = {name.removesuffix(".gz").rpartition(".")[0] or name for name in names}
    values = {"record": {record.id}, "patient": {record.person.key}, "series": {str(record.meta.get("series", ""))}}
    return {key: found - {""} for key, found in values.items()} | {"file": names | stems}
