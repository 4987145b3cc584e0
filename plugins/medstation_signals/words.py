"""Short lines for lists: how long, how fast, how many. No Qt."""

from __future__ import annotations

from medstation.api import Json


def duration_text(seconds: float) -> str:
    """ "9.5 s", "12 min", "24.0 h", "14 days"."""
    for limit, divisor, unit, digits in ((120, 1, "s", 1), (7200, 60, "min", 0), (172_800, 3600, "h", 1)):
        if seconds < limit:
            return f"{seconds / divisor:.{digits}f} {unit}"
    return f"{seconds / 86_400:.0f} days"


def rate_text(rate: float, step: float) -> str:
    """ "250 Hz", or "5 min" between values; "" when neither is known."""
    if rate >= 1:
        return f"{rate:g} Hz"
    return f"every {duration_text(1 / rate if rate else step)}" if rate or step else ""


def described(meta: Json) -> str:
    """A recording in one line: "30 min · 2 channels · 360 Hz"."""
    channels = meta["channels"]
    if not channels:
        return f"{duration_text(meta['duration_s'])} · annotations only"
    rates = {round(one.get("rate") or 0.0, 6) for one in channels}
    steps = [one.get("step_s") or 0.0 for one in channels]
    first = channels[0] if channels else {}
    rate = rate_text(first.get("rate") or 0.0, steps[0] if steps else 0.0) if len(rates) == 1 else "several rates"
    count = f"{len(channels)} channels" if len(channels) != 1 else str(first.get("name", ""))
    return " · ".join(part for part in (duration_text(meta["duration_s"]), count, rate) if part)
