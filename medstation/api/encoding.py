"""Values to JSON and back, for messages between processes and for rows of the library."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from medstation.api.records import Finding, Found, Json, ModelInfo, Person, Record, Skipped
from medstation.api.work import Case, Event, TrainRequest


def record_to_json(record: Record) -> Json:
    return asdict(record)


def record_from_json(data: Json) -> Record:
    return Record(**{**data, "person": Person(**data["person"]), "notes": tuple(data["notes"])})


def found_to_json(found: Found) -> Json:
    return {**asdict(found), "path": str(found.path)}


def found_from_json(data: Json) -> Found:
    return Found(Path(data["path"]), data["group"], Person(**data["person"]), data["facts"])


def skipped_to_json(skipped: Skipped) -> Json:
    return {**asdict(skipped), "path": str(skipped.path)}


def finding_from_json(data: Json) -> Finding:
    return Finding(**data)


def model_from_json(data: Json) -> ModelInfo:
    return ModelInfo(**data)


def request_to_json(request: TrainRequest) -> Json:
    return {
        "run": request.run,
        "recipe": request.recipe,
        "settings": dict(request.settings),
        "seed": request.seed,
        "base": asdict(request.base) if request.base else None,
        "cases": [asdict(case) for case in request.cases],
    }


def request_from_json(data: Json) -> TrainRequest:
    cases = [Case(record_from_json(case["record"]), case["label"], case["part"]) for case in data["cases"]]
    base = ModelInfo(**data["base"]) if data["base"] else None
    return TrainRequest(data["run"], data["recipe"], data["settings"], cases, data["seed"], base)


def event_to_json(event: Event) -> Json:
    """An event as a message: its name under "event", bulky bytes left out (they went into the vault)."""
    fields: dict[str, Any] = {key: value for key, value in asdict(event).items() if not isinstance(value, bytes)}
    return {"event": type(event).__name__.lower(), **fields}
