"""The examinations, one file each; every finished model goes through them, and its card tells what they found."""

from __future__ import annotations

from collections.abc import Generator

import torch

from medstation.api import Event, Json, Progress, resolve_ref
from medstation.learning.examination import Exam

TABLE: tuple[tuple[str, str, str], ...] = (
    ("training_cases", "Testing it on what it learnt from", "training_cases:examine"),
    ("per_class", "Testing it class by class", "per_class:examine"),
    ("closer", "Measuring the test cases more closely", "closer:examine"),
    ("calibration", "Testing how far its confidence can be believed", "calibration:examine"),
    ("confidences", "Testing how sure it is", "confidences:examine"),
    ("forgetting", "Testing what the base could do", "forgetting:examine"),
    ("privacy", "Testing whether it tells who it learnt from", "membership:examine"),
    ("robustness", "Testing it on worse input", "corruption:examine"),
)
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
