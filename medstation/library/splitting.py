"""Dividing patients among the parts of a data set."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence

from medstation.api import BadInput, WrongUsage
from medstation.library.values import PARTS


def split(patients: Iterable[str], fractions: Sequence[float], seed: int) -> dict[str, str]:
    """Each patient's part. The same patients, fractions and seed always give the same split, on every machine.

    `fractions` are of the patients, for train, validation and test; a part with a fraction above 0 gets at least one.
    """
    shares = _shares(fractions)
    ordered = sorted(set(patients), key=lambda patient: (_lot(patient, seed), patient))
    wanted = sum(share > 0 for share in shares)
    if len(ordered) < wanted:
        whose = "one patient" if len(ordered) == 1 else f"{len(ordered)} patients"
        raise BadInput(
            f"the records belong to {whose}, but {wanted} parts split by patient need at least {wanted}",
            "Import and label records of more patients; a patient's records all go into the same part.",
        )
    parts = [part for part, count in zip(PARTS, _counts(len(ordered), shares), strict=True) for _ in range(count)]
    return dict(zip(ordered, parts, strict=True))


def given_split(patients: Sequence[str], parts: Sequence[str]) -> dict[str, str]:
    """Each patient's part, from the part of each of its records; `BadInput` when a patient would be in two."""
    divided: dict[str, str] = {}
    for patient, part in zip(patients, parts, strict=True):
        if part not in PARTS:
            raise WrongUsage(f"there is no part {part!r}", "Parts: " + ", ".join(PARTS) + ".")
        if divided.setdefault(patient, part) != part:
            raise BadInput(
                f"patient {patient} would be in {divided[patient]} and in {part}",
                "A patient's records all go into the same part; otherwise the test would be no test.",
            )
    for part in PARTS:
        if part != "validation" and part not in divided.values():
            raise BadInput(f"the {part} part has no records", "Name records for it.")
    return divided


def _shares(fractions: Sequence[float]) -> list[float]:
    good = len(fractions) == len(PARTS) and all(math.isfinite(share) and share >= 0 for share in fractions)
    if not good or not math.isclose(sum(fractions), 1, abs_tol=1e-3):
        raise WrongUsage(
            f"{tuple(fractions)} is not a split", "Give three fractions that add up to 1: train, validation, test."
        )
    return list(fractions)


def _lot(patient: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}\0{patient}".encode()).digest()


def _counts(patients: int, shares: Sequence[float]) -> list[int]:
    """Patients per part: shares rounded down, the rest by largest remainder, then nobody who wants some goes empty."""
    counts = [math.floor(share * patients + 1e-9) for share in shares]
    by_remainder = sorted(range(len(shares)), key=lambda part: counts[part] - shares[part] * patients)
    for part in by_remainder[: patients - sum(counts)]:
        counts[part] += 1
    for part, share in enumerate(shares):
        if share > 0 and counts[part] == 0:
            counts[counts.index(max(counts))] -= 1
            counts[part] = 1
    return counts
