"""What a job says on its way, and the lines that carry it between the processes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from medstation.api import Json, MedStationError

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Progressed:
    """`done` of 1.0, with a line of text. Older progress that nobody has read yet may be left out."""

    done: float
    text: str = ""


@dataclass(frozen=True)
class Reported:
    """An event of the work itself, never left out."""

    event: Json


@dataclass(frozen=True, eq=False)
class Done:
    """The end: a JSON result and named arrays (C-contiguous, writable, in memory of their own)."""

    result: Json
    arrays: dict[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class Failed:
    """The other end. `traceback` may quote the input: show it to the person, never write it to a log."""

    error: MedStationError
    traceback: str = ""


Message = Progressed | Reported | Done | Failed


def encode(message: Json) -> bytes:
    """One line of pure ASCII. Numbers of numpy and torch become plain ones; other foreign values are a `TypeError`."""
    return json.dumps(message, default=_plain, separators=(",", ":")).encode("ascii") + b"\n"


def decode(line: bytes) -> Json:
    message: Json = json.loads(line)
    return message


def _plain(value: Any) -> Any:
    if hasattr(value, "item") and getattr(value, "size", 1) == 1:
        return value.item()
    raise TypeError(f"a message cannot hold a {type(value).__name__}")
