"""The examinations, one file each; every finished model goes through them, and its card tells what they found."""

from __future__ import annotations

from collections.abc import Generator

import torch

from medstation.api import Event, Json, Progress, resolve_ref
from medstation.learning.examination import Exam

TABLE: tuple[tuple[str, str, str], ...] = ()
"""Name on the card, what is shown meanwhile, and the function: `(Exam) -> Json`, {} where it does not apply."""


def examined(exam: Exam, at: float) -> Generator[Event, None, Json]:
    """Progress events; returns what was found, by name. `at` is how much of the whole work is done."""
    found: Json = {}
    for name, text, ref in TABLE:
        yield Progress(at, text)
        with torch.no_grad():
            result = resolve_ref(f"medstation.learning.examinations.{ref}")(exam)
        if result:
            found[name] = result
    return found
