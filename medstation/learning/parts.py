"""The cases of a request by part, checked: what can't be trained on is refused before time is spent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from medstation.api import BadInput, Case, Json


@dataclass(frozen=True)
class Parts:
    """Training, validation and test cases; validation and test may be empty, and then nothing is measured on them."""

    train: tuple[Case, ...]
    validation: tuple[Case, ...]
    test: tuple[Case, ...]

    @property
    def counts(self) -> Json:
        return {"train": len(self.train), "validation": len(self.validation), "test": len(self.test)}

    @property
    def notes(self) -> list[str]:
        """What an empty part means for the run, in words for the run page."""
        notes = []
        if not self.validation:
            notes.append("No validation cases: the last epoch is kept and training cannot end early.")
        if not self.test:
            notes.append("No test cases: nothing can be said about whether the model became better.")
        return notes


def split(cases: Sequence[Case], labelled: bool = True) -> Parts:
    """The cases by part, only those with a label if `labelled`.

    `BadInput` when there is nothing to train on or a patient is on both sides.
    """
    usable = [case for case in cases if case.label or not labelled]
    parts = Parts(*(tuple(case for case in usable if case.part == part) for part in ("train", "validation", "test")))
    if not parts.train:
        raise BadInput(
            f"the data set has no {'labelled ' if labelled else ''}training cases ({len(cases)} records in all)",
            "Label more records, of at least three patients, and make a new data set.",
        )
    _check_patients(parts)
    return parts


def _check_patients(parts: Parts) -> None:
    """A patient on both sides would make the test result worthless."""
    learnt = {case.patient for case in (*parts.train, *parts.validation)}
    both = sorted({case.patient for case in parts.test} & learnt)
    if both:
        raise BadInput(
            f"patient {both[0]} is in the test part and in another part of the data set",
            "Make a new data set: it is split by patient.",
        )
