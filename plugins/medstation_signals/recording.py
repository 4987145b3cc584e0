"""A recording in memory: channels with their own rates, units and gaps. What every reader makes and everyone uses."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from medstation.api import Json


@dataclass(frozen=True)
class Run:
    """An unbroken stretch: `count` samples from index `first`, the first one at `start` seconds."""

    start: float
    first: int
    count: int


@dataclass(frozen=True)
class Channel:
    """One signal. A measured value is `values * scale + offset` in `unit`.

    `values` is int16, int32 or float32 (NaN: missing), shape (samples,). `rate` in Hz says that the samples of a run
    are evenly spaced; where it is 0, `times` (float64, seconds from the recording's start, rising) says when each is.
    """

    name: str
    unit: str
    rate: float
    values: np.ndarray
    scale: float = 1.0
    offset: float = 0.0
    runs: tuple[Run, ...] = ()
    times: np.ndarray | None = None
    quantity: str = ""

    def physical(self, first: int = 0, count: int = -1) -> np.ndarray:
        """`count` values from index `first` in `unit`, float32."""
        part = self.values[first:] if count < 0 else self.values[first : first + count]
        return np.asarray(part.astype(np.float32) * np.float32(self.scale) + np.float32(self.offset))

    def seconds(self) -> np.ndarray:
        """When each sample was taken, float64 seconds from the recording's start."""
        if self.times is not None:
            return self.times
        parts = [run.start + np.arange(run.count) / self.rate for run in self.runs]
        return np.concatenate(parts) if parts else np.zeros(0)

    def end(self) -> float:
        """Seconds from the recording's start to just after the last sample."""
        if self.times is not None:
            return float(self.times[-1]) if len(self.times) else 0.0
        return max((run.start + run.count / self.rate for run in self.runs), default=0.0)


@dataclass(frozen=True)
class Recording:
    """All channels of a record. `start` is ISO 8601 or ""; `notes` are what reading found wrong."""

    channels: tuple[Channel, ...]
    start: str = ""
    notes: tuple[str, ...] = ()
    facts: Json = field(default_factory=dict)

    @property
    def duration(self) -> float:
        return max((channel.end() for channel in self.channels), default=0.0)

    def channel(self, name: str = "", quantity: str = "") -> Channel | None:
        """The channel of that name, else the first of that quantity, else None."""
        named = [one for one in self.channels if name and one.name == name]
        kindred = [one for one in self.channels if quantity and one.quantity == quantity]
        return next(iter(named or kindred), None)


def whole(name: str, unit: str, rate: float, values: np.ndarray, scale: float = 1.0, offset: float = 0.0) -> Channel:
    """A channel without gaps, from the start."""
    return Channel(name, unit, rate, values, scale, offset, (Run(0.0, 0, len(values)),), None, quantity_of(name, unit))


def quantity_of(name: str, unit: str) -> str:
    """What a channel measures, told from its name and unit: "ecg", "glucose" or ""."""
    lower, plain = name.lower().strip(), unit.lower().strip()
    if lower.startswith(("ecg", "ekg")) or (plain in ("mv", "uv", "µv", "v", "") and lower in ECG_LEADS):
        return "ecg"
    if plain in ("mg/dl", "mmol/l") or lower in ("cgm", "gl", "glucose", "egv"):
        return "glucose"
    return ""


ECG_LEADS = frozenset(
    ["i", "ii", "iii", "avr", "avl", "avf", "mlii", "mliii", "v", "vx", "vy", "vz", "d3", "d4", "cm5", "ml5", "cc5"]
    + [f"v{number}" for number in range(1, 10)]
)
