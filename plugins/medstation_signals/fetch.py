"""What the view asks a worker for: all signals with their pyramids, ready to draw."""

from __future__ import annotations

import numpy as np

from medstation.api import Fetched, FileSource, Json, Record, ReportProgress
from medstation_signals.pyramid import build
from medstation_signals.reading import load
from medstation_signals.recording import Channel

LARGEST_RAW = 1 << 29
"""Bytes of samples up to which they are handed over whole; of longer recordings only the pyramid is."""


def fetch_recording(record: Record, files: FileSource, arguments: Json, report: ReportProgress) -> Fetched:
    """`arguments`: "until", to read only the first seconds.

    Arrays "0/values", "0/low1", "0/high1", ... (or "0/times"); facts: start, duration_s, channels, notes."""
    until = float(arguments.get("until") or "inf")
    recording = load(record, files, lambda done, text: report(0.5 * done, text), None, until)
    arrays: dict[str, np.ndarray] = {}
    channels = []
    whole = sum(one.values.nbytes for one in recording.channels) <= LARGEST_RAW
    for number, channel in enumerate(recording.channels):
        report(0.5 + 0.5 * number / len(recording.channels), f"preparing {channel.name}")
        channels.append(_described(channel, whole))
        if whole or channel.times is not None:
            arrays[f"{number}/values"] = np.ascontiguousarray(channel.values)
        if channel.times is not None:
            arrays[f"{number}/times"] = np.ascontiguousarray(channel.times, np.float64)
            continue
        for level, (low, high) in enumerate(build(channel.values, channel.runs), 1):
            arrays[f"{number}/low{level}"], arrays[f"{number}/high{level}"] = low, high
    facts = {
        "start": recording.start,
        "duration_s": max(recording.duration, float(record.meta.get("duration_s") or 0)),
        "kind": record.kind,
        "channels": channels,
        "notes": list(recording.notes),
    }
    return Fetched(arrays, facts)


def _described(channel: Channel, whole: bool) -> Json:
    return {
        "name": channel.name,
        "unit": channel.unit,
        "rate": channel.rate,
        "scale": channel.scale,
        "offset": channel.offset,
        "quantity": channel.quantity,
        "runs": [[run.start, run.first, run.count] for run in channel.runs],
        "raw": whole,
        "range": _range(channel),
    }


def _range(channel: Channel) -> list[float]:
    """Lowest and highest usual value, without the outermost two of a thousand, and the median."""
    values = channel.values[:: max(1, len(channel.values) // 50_000)]
    known = values[np.isfinite(values)] if values.dtype.kind == "f" else values
    if not len(known):
        return [0.0, 1.0, 0.5]
    low, middle, high = np.quantile(known, (0.002, 0.5, 0.998)) * channel.scale + channel.offset
    return [float(min(low, high)), float(max(low, high)), float(middle)]
