"""Stills of recordings for reports: an ECG with its beats on paper, a series with its forecast."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np

from medstation.api import BadInput, FileSource, Record
from medstation_signals import classes, events, forecast_payload
from medstation_signals.events import SignalEvent
from medstation_signals.export_csv import clock
from medstation_signals.forecast_payload import Forecast
from medstation_signals.reading import load
from medstation_signals.recording import Channel, Recording
from medstation_signals.scale import PAPER_GAIN, PAPER_SPEED
from medstation_signals.units import target, to_millivolts
from medstation_signals.words import duration_text

GROUND, TEXT, MUTED, LINE, BAND, SAFE, PAPER = (
    "#11151b",
    "#e4e9f0",
    "#929dac",
    "#62adff",
    "#b69cff",
    "#5fd3a4",
    "#ff7b7b",
)
TINTS = {"N": "#929dac", "S": "#f5b85c", "A": "#f5b85c", "V": "#ff7b7b", "F": "#b69cff"}
STRIP_S, MOST_CHANNELS, INCHES = 10.0, 4, (10.0, 4.2)
PAST = 6.0
"""A forecast is shown with this many times its own length of the past."""


def picture(record: Record, files: FileSource, kind: str, payload: bytes | None) -> bytes:
    """PNG bytes; `payload` of kind "events", "class" or "forecast" is drawn on the recording."""
    from matplotlib.figure import Figure

    recording = load(record, files)
    if not recording.channels:
        raise BadInput(f"{record.title!r} has no signals to draw", "Choose another recording.")
    figure = Figure(INCHES, dpi=110, facecolor=GROUND)
    said = ""
    marks: list[SignalEvent] = []
    if payload is not None and kind == "events":
        marks = events.decode(payload)
    elif payload is not None and kind == "class":
        said = _said(payload)
    if record.kind == "ecg":
        _ecg(figure, recording, marks)
    else:
        forecast = forecast_payload.decode(payload) if payload is not None and kind == forecast_payload.KIND else None
        _series(figure, record, recording, forecast, marks)
    figure.suptitle(f"{record.title}   {said}".strip(), color=TEXT, fontsize=10, x=0.02, ha="left")
    out = BytesIO()
    figure.savefig(out, format="png", facecolor=GROUND)
    return out.getvalue()


def _said(payload: bytes) -> str:
    name, chances = classes.decode(payload)
    return f"AI: {name} {100 * chances[name]:.0f} %" if name in chances else name


def axes_on(figure: Any, place: tuple[int, int, int], share: Any = None) -> Any:
    """Axes at `place` (rows, columns, number) of the figure, in the colours of the stills."""
    axes = figure.add_subplot(*place, sharex=share)
    axes.set_facecolor(GROUND)
    axes.tick_params(colors=MUTED, labelsize=8)
    for side in axes.spines.values():
        side.set_visible(False)
    return axes


def _ecg(figure: Any, recording: Recording, marks: list[SignalEvent]) -> None:
    """Ten seconds: where something other than a normal beat is, on a grid of 40 ms and 0.1 mV."""
    shown = [one for one in recording.channels if one.rate][:MOST_CHANNELS]
    odd = next((one for one in marks if one.type not in ("N", "+", "~") and one.end is None), None)
    begin = float(np.clip((odd.start if odd else 0.0) - STRIP_S / 2, 0, max(recording.duration - STRIP_S, 0)))
    first = None
    for number, channel in enumerate(shown, 1):
        axes = first_axes = axes_on(figure, (len(shown), 1, number), first)
        first = first or first_axes
        times, values = channel.seconds(), channel.physical() * (to_millivolts(channel.unit) or 1.0)
        seen = (times >= begin) & (times < begin + STRIP_S)
        _paper(axes, begin, values[seen])
        axes.plot(times[seen], values[seen], color=TEXT, linewidth=0.9)
        axes.set_xlim(begin, begin + STRIP_S)
        axes.set_ylabel(channel.name, color=TEXT, fontsize=8, rotation=0, ha="right")
        axes.tick_params(labelbottom=number == len(shown), length=0)
        if number == 1:
            _beats(axes, marks, begin)
    axes.set_xlabel(f"seconds   ·   {PAPER_SPEED:g} mm/s, {PAPER_GAIN:g} mm/mV grid", color=MUTED, fontsize=8)
    figure.subplots_adjust(left=0.07, right=0.99, top=0.88, bottom=0.12, hspace=0.05)


def _paper(axes: Any, begin: float, values: np.ndarray) -> None:
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (-1.0, 1.0)
    low, high = np.floor(low / 0.5) * 0.5 - 0.2, np.ceil(high / 0.5) * 0.5 + 0.4
    for step, strength in ((1, 0.10), (5, 0.28)):
        axes.vlines(np.arange(begin, begin + STRIP_S, 0.04 * step), low, high, PAPER, linewidth=0.5, alpha=strength)
        if high - low < 20:
            axes.hlines(np.arange(low, high, 0.1 * step), begin, begin + STRIP_S, PAPER, linewidth=0.5, alpha=strength)
    axes.set_ylim(low, high)


def _beats(axes: Any, marks: list[SignalEvent], begin: float) -> None:
    top = axes.get_ylim()[1]
    for one in marks:
        if one.end is None and begin <= one.start < begin + STRIP_S:
            tint = TINTS.get(one.type, LINE)
            axes.text(one.start, top, one.type, color=tint, fontsize=9, ha="center", va="bottom")
            axes.plot([one.start, one.start], [top - 0.12, top], color=tint, linewidth=1)


def _series(
    figure: Any, record: Record, recording: Recording, forecast: Forecast | None, marks: list[SignalEvent]
) -> None:
    channel = recording.channel(forecast.channel if forecast else "", "glucose") or recording.channels[0]
    axes = axes_on(figure, (1, 1, 1))
    times, values = _stretch(channel, forecast)
    unit, divisor = unit_of(times[-1] - times[0] if len(times) else 1.0)
    if channel.quantity == "glucose":
        low, high = target(channel.unit)
        axes.axhspan(low, high, color=SAFE, alpha=0.12)
        axes.text(
            0.99,
            low,
            f"target {low:g}–{high:g} {channel.unit} ",
            color=SAFE,
            fontsize=8,
            va="bottom",
            ha="right",
            transform=axes.get_yaxis_transform(),
        )
    gaps: Any = np.flatnonzero(np.diff(times) > 2.5 * np.median(np.diff(times))) + 1 if len(times) > 2 else []
    for part, line in zip(np.split(times, gaps), np.split(values, gaps), strict=True):
        axes.plot(part / divisor, line, color=LINE, linewidth=1.4)
    if forecast is not None:
        _forecast(axes, forecast, float(times[-1]), float(values[-1]), divisor)
    for one in marks[:200]:
        axes.axvline(one.start / divisor, color=TINTS.get(one.type, LINE), linewidth=0.8, alpha=0.7)
    begun = clock(str(record.meta.get("start") or ""), 0.0)[:16].replace("T", " ")
    axes.set_xlabel(f"{unit} since the start{' ' + begun if begun else ''}", color=MUTED, fontsize=8)
    axes.set_ylabel(f"{channel.name} {channel.unit}".strip(), color=TEXT, fontsize=8)
    axes.grid(color="#27303c", linewidth=0.5)
    figure.subplots_adjust(left=0.08, right=0.98, top=0.90, bottom=0.13)


def _stretch(channel: Channel, forecast: Forecast | None) -> tuple[np.ndarray, np.ndarray]:
    """What is drawn of the channel: before a forecast some of its past, else the last day or all."""
    times, values = channel.seconds(), channel.physical()
    known = np.isfinite(values)
    times, values = times[known], values[known]
    if not len(times):
        raise BadInput(f"{channel.name} has no values to draw", "Choose another recording.")
    begin = times[0]
    if forecast is not None:
        begin = times[-1] - PAST * float(forecast.times[-1] - times[-1])
    elif channel.quantity == "glucose":
        begin = max(begin, times[-1] - 86_400.0)
    seen = times >= begin
    return times[seen], values[seen]


def unit_of(seconds: float) -> tuple[str, float]:
    """The unit in which a stretch of time is best told, and its seconds."""
    units = (("seconds", 1.0), ("minutes", 60.0), ("hours", 3600.0), ("days", 86_400.0))
    return next((one for one in units[::-1] if seconds / one[1] >= 4), units[0])


def _forecast(axes: Any, forecast: Forecast, now: float, last: float, divisor: float) -> None:
    x = np.concatenate([[now], forecast.times]) / divisor
    for level, strength in ((90, 0.22), (50, 0.35)):
        low, high = (np.concatenate([[last], one]) for one in forecast.bands[level])
        axes.fill_between(x, low, high, color=BAND, alpha=strength, linewidth=0, label=f"{level} % band")
    axes.plot(x, np.concatenate([[last], forecast.median]), color=BAND, linewidth=1.6, linestyle="--", label="forecast")
    axes.axvline(now / divisor, color=MUTED, linewidth=1, linestyle=":")
    ahead = duration_text(float(forecast.times[-1]) - now)
    axes.text(now / divisor, axes.get_ylim()[1], f" now → {ahead} forecast", color=MUTED, fontsize=8, va="top")
    axes.legend(loc="lower left", fontsize=8, facecolor=GROUND, edgecolor="#27303c", labelcolor=TEXT)
