"""Small pictures of recordings for lists: a line, cut from the beginning or the last day."""

from __future__ import annotations

from io import BytesIO

import numpy as np

from medstation.api import BadInput, FileSource, Record, Refused
from medstation_signals.reading import load, quiet
from medstation_signals.recording import Channel

SIDE, HEIGHT = 96, 64
GROUND, LINE, ECG = "#11151b", "#62adff", "#e4e9f0"
_SECONDS = 4.0


def thumbnail(record: Record, files: FileSource) -> bytes | None:
    """A PNG of 96 x 64 pixels; None for a record without signals."""
    from PIL import Image, ImageDraw

    try:
        recording = load(record, files, quiet, [0] if record.kind != "glucose" else None, 60.0)
    except (BadInput, Refused):  # the record says so when it is opened; a list can do without the picture
        return None
    channel = recording.channel("", "glucose") or next(iter(recording.channels), None)
    if channel is None or not len(channel.values):
        return None
    times, values = _part(channel, record.kind)
    if len(values) < 2:
        return None
    low, high = float(np.min(values)), float(np.max(values))
    x = (times - times[0]) / max(times[-1] - times[0], 1e-9) * (SIDE * 4 - 16) + 8
    y = (HEIGHT * 4 - 24) * (1 - (values - low) / max(high - low, 1e-9)) + 12
    image = Image.new("RGB", (SIDE * 4, HEIGHT * 4), GROUND)
    points = np.stack([x, y], axis=1).ravel().tolist()
    ImageDraw.Draw(image).line(points, fill=ECG if record.kind == "ecg" else LINE, width=5, joint="curve")
    out = BytesIO()
    image.resize((SIDE, HEIGHT), Image.Resampling.LANCZOS).save(out, format="PNG")
    return out.getvalue()


def _part(channel: Channel, kind: str) -> tuple[np.ndarray, np.ndarray]:
    times, values = channel.seconds(), channel.physical()
    seen = np.isfinite(values)
    if kind == "ecg" and len(times):
        seen &= times <= times[0] + _SECONDS
    elif kind == "glucose" and len(times):
        seen &= times >= times[-1] - 86_400
    times, values = times[seen], values[seen]
    step = max(1, len(times) // 1500)
    return times[::step], values[::step]
