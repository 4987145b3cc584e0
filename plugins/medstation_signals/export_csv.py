"""Recordings, events, classes and forecasts as tables. Times are seconds from the start, and on the clock if known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from medstation.api import BadInput, ExportItem, FileSource, must_be_new, write_table
from medstation.api.writing import Cell
from medstation_signals import classes, events, forecast_payload
from medstation_signals.export_files import payload_of
from medstation_signals.reading import load
from medstation_signals.recording import Recording

MOST_ROWS = 3_000_000
Row = list[Cell]


def write_csv(item: ExportItem, files: FileSource, out: Path) -> list[Path]:
    """A table in UTF-8 with a header line, decimal points and commas."""
    must_be_new(out)
    return write_table(out, _rows_of(item, files))


def _rows_of(item: ExportItem, files: FileSource) -> Iterable[Row]:
    start = str(item.record.meta.get("start") or "")
    if item.payload is None:
        return _recording(load(item.record, files), start)
    if item.kind == "events":
        return _events(item, start)
    if item.kind == "class":
        return _class(item)
    if item.kind == forecast_payload.KIND:
        return _forecast(item, start)
    raise BadInput(f"{item.kind} cannot be written as a table", "Choose another format.")


def clock(start: str, seconds: float) -> str:
    """ISO 8601 of a time of the recording, "" where its start is not known."""
    if not start:
        return ""
    return (datetime.fromisoformat(start) + timedelta(seconds=float(seconds))).isoformat(timespec="milliseconds")


def _recording(recording: Recording, start: str) -> Iterator[Row]:
    if sum(len(one.values) for one in recording.channels) > MOST_ROWS:
        raise BadInput(f"the recording has more than {MOST_ROWS} values", "Export it as EDF+.")
    yield ["time_s", "time", "channel", "value", "unit"]
    for channel in recording.channels:
        for at, value in zip(channel.seconds().tolist(), channel.physical().tolist(), strict=True):
            shown = "" if np.isnan(value) else float(f"{value:.7g}")
            yield [round(at, 6), clock(start, at), channel.name, shown, channel.unit]


def _events(item: ExportItem, start: str) -> Iterator[Row]:
    yield ["patient", "recording", "start_s", "end_s", "time", "type", "confidence", "by"]
    for one in events.decode(payload_of(item)):
        who = [item.record.person.key, item.record.title]
        yield [*who, one.start, one.end, clock(start, one.start), one.type, one.confidence, item.by]


def _class(item: ExportItem) -> Iterator[Row]:
    name, chances = classes.decode(payload_of(item))
    yield ["patient", "recording", "class", "probability", "by"]
    ranked: list[tuple[str, float | None]] = [*sorted(chances.items(), key=lambda one: -one[1])]
    for one, chance in ranked or [(name, None)]:
        yield [item.record.person.key, item.record.title, one, chance, item.by]


def _forecast(item: ExportItem, start: str) -> Iterator[Row]:
    forecast = forecast_payload.decode(payload_of(item))
    levels = sorted(forecast.bands)
    names = [f"{edge}_{level}" for level in levels for edge in ("low", "high")]
    yield ["time_s", "time", "channel", "median", *names, "unit", "by"]
    for index, at in enumerate(forecast.times.tolist()):
        edges = [float(edge[index]) for level in levels for edge in forecast.bands[level]]
        yield [at, clock(start, at), forecast.channel, float(forecast.median[index]), *edges, forecast.unit,
               item.by]  # fmt: skip
