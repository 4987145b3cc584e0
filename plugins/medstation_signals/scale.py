"""Time and paper scales: what fits a screen, where the lines of a grid stand, how times are written. No Qt here."""

from __future__ import annotations

from datetime import datetime, timedelta

MM_PER_INCH = 25.4
PAPER_SPEED, PAPER_GAIN = 25.0, 10.0
"""mm per second and mm per mV of an ECG as it is usually printed."""
STEPS = (
    0.02, 0.04, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200,
    86_400, 172_800, 604_800, 2_592_000, 7_776_000, 31_557_600, 157_788_000,
)  # fmt: skip
_SENSIBLE = (40.0, 600.0)


def pixels_per_mm(physical_dpi: float, logical_dpi: float) -> float:
    """Pixels of a millimetre on this screen; the system's guess where the screen does not know its size."""
    dpi = physical_dpi if _SENSIBLE[0] <= physical_dpi <= _SENSIBLE[1] else logical_dpi
    return dpi / MM_PER_INCH


def time_step(per_pixel: float, apart: float = 90.0) -> float:
    """Seconds between two lines of the time axis, at least `apart` pixels."""
    return next((step for step in STEPS if step >= per_pixel * apart), STEPS[-1])


def value_step(low: float, high: float, lines: int = 4) -> float:
    """A round step that gives about `lines` lines between low and high."""
    rough = max(high - low, 1e-9) / lines
    size = 10.0 ** len(str(int(rough))) / 10 if rough >= 1 else 1.0
    while size > rough:
        size /= 10
    return float(next((size * one for one in (1, 2, 5, 10) if size * one >= rough), size * 10))


class Clock:
    """Writes times of a recording: on the clock where its start is known, else counted from its start."""

    def __init__(self, start: str) -> None:
        try:
            self.start: datetime | None = datetime.fromisoformat(start) if start else None
        except ValueError:
            self.start = None

    def text(self, seconds: float, step: float) -> str:
        """A time as exact as lines that are `step` seconds apart need it."""
        if self.start is None:
            return _counted(seconds, step)
        moment = self.start + timedelta(seconds=seconds)
        if step >= 6 * 86_400:
            return moment.strftime("%Y-%m-%d")
        if step >= 86_400:
            return moment.strftime("%a %d %b")
        if step >= 60:
            return moment.strftime("%H:%M") if moment.hour or moment.minute else moment.strftime("%d %b")
        clock = moment.strftime("%H:%M:%S")
        return clock if step >= 1 else clock + f".{moment.microsecond // 10_000:02d}"

    def full(self, seconds: float, fine: bool) -> str:
        """Date and time for the status line; tenths of a second when `fine`."""
        if self.start is None:
            return _counted(seconds, 0.1 if fine else 1)
        moment = self.start + timedelta(seconds=seconds)
        return moment.strftime("%d %b %Y %H:%M:%S") + (f".{moment.microsecond // 100_000}" if fine else "")

    def first_line(self, seconds: float, step: float) -> float:
        """The first line at or after `seconds`: lines stand on round times of the clock."""
        shift = 0.0
        if self.start is not None:
            midnight = self.start.replace(hour=0, minute=0, second=0, microsecond=0)
            shift = (self.start - midnight).total_seconds() % step
        count = -((-(seconds + shift)) // step)
        return float(count * step - shift)

    def midnight_before(self, seconds: float) -> float:
        """The last midnight at or before `seconds`."""
        day = self.first_line(seconds, 86_400.0)
        return day if abs(day - seconds) < 1e-6 else day - 86_400.0


def _counted(seconds: float, step: float) -> str:
    sign, seconds = ("-", -seconds) if seconds < -1e-9 else ("", seconds)
    whole = round(seconds, 2)
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    fine = f"{left:05.2f}" if step < 1 else f"{int(left):02d}"
    if hours >= 48:
        return f"{sign}{int(hours // 24)} d {int(hours % 24):02d} h"
    return f"{sign}{int(hours)}:{int(minutes):02d}:{fine}" if hours else f"{sign}{int(minutes)}:{fine}"
