"""Units of glucose and voltage, and what a number must be multiplied by."""

from __future__ import annotations

import numpy as np

MMOL = 18.0156
"""mg/dL of glucose in one mmol/L (its molar mass is 180.156 g/mol)."""
TARGET_MG = (70.0, 180.0)
TARGET_MMOL = (3.9, 10.0)
"""The target range of glucose (international consensus on time in range, 2019)."""

_SPELLINGS = {
    "mg/dl": "mg/dL",
    "mgdl": "mg/dL",
    "mg/100ml": "mg/dL",
    "mmol/l": "mmol/L",
    "mmoll": "mmol/L",
    "mmol": "mmol/L",
    "mv": "mV",
    "millivolt": "mV",
    "uv": "uV",
    "µv": "uV",
    "μv": "uV",
    "microvolt": "uV",
}
_VOLTS = {"V": 1000.0, "mV": 1.0, "uV": 0.001, "nV": 0.000001}
_LOWEST_MG = 30.0


def tidy(unit: str) -> str:
    """One spelling for each unit that is known here; others as they are."""
    plain = unit.strip()
    return _SPELLINGS.get(plain.lower().replace(" ", ""), plain)


def to_mg(unit: str) -> float:
    """mg/dL in one `unit`: 18.0156 for mmol/L, else 1."""
    return MMOL if tidy(unit) == "mmol/L" else 1.0


def to_millivolts(unit: str) -> float | None:
    """mV in one `unit`; None when it is no voltage."""
    return _VOLTS.get(tidy(unit))


def glucose_unit(values: np.ndarray) -> str:
    """The unit that glucose values without one must have: nobody lives with a median of 30 mmol/L."""
    known = values[np.isfinite(values)]
    return "mg/dL" if len(known) and float(np.median(known)) >= _LOWEST_MG else "mmol/L"


def has_both_units(values: np.ndarray) -> bool:
    """True when some values can only be mmol/L and others only mg/dL: two devices in one column.

    A true fall below 25 mg/dL passes through the values between; from one unit to the other it is one jump.
    """
    known = values[np.isfinite(values) & (values > 0.5)]
    low, high = known < 25, known > 45
    jumps = (low[1:] & high[:-1]) | (high[1:] & low[:-1])
    return min(int(low.sum()), int(high.sum())) >= 3 and bool(jumps.any())


def target(unit: str) -> tuple[float, float]:
    """The target range of glucose in `unit`."""
    return TARGET_MMOL if tidy(unit) == "mmol/L" else TARGET_MG
