"""Stills of what in a recording spoke for a model's answer: a forecast's past, beats, or numbers of its rhythm."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np

from medstation.api import Explained, FileSource, Record
from medstation_signals.picture import GROUND, INCHES, MUTED, TEXT, axes_on, unit_of
from medstation_signals.qrs import ecg_channel
from medstation_signals.reading import load
from medstation_signals.rhythm import NAMES
from medstation_signals.series import series_of

FOR, AGAINST, LINE = "#ff9d42", "#5aa2ff", "#7d8a9c"
MOST_FEATURES = 10
BEFORE_S, AFTER_S = 0.32, 0.43
"""What is drawn around a beat, as its network sees it."""


def picture(record: Record, files: FileSource, explained: Explained) -> bytes:
    """PNG bytes: warm colours speak for the answer, cold ones against it."""
    from matplotlib.figure import Figure

    figure = Figure(INCHES, dpi=110, facecolor=GROUND)
    if "past" in explained.values:
        _past(figure, record, files, explained)
    elif "shapes" in explained.values:
        _beats(figure, record, files, explained)
    else:
        _features(figure, explained)
    title = f"{record.title}   for (warm) and against (cold): {explained.target}"
    figure.suptitle(title, color=TEXT, fontsize=10, x=0.02, ha="left")
    out = BytesIO()
    figure.savefig(out, format="png", facecolor=GROUND)
    return out.getvalue()


def _scaled(values: np.ndarray) -> np.ndarray:
    """From -1 to 1."""
    known = np.nan_to_num(values)
    largest = float(np.quantile(np.abs(known), 0.98)) or float(np.abs(known).max())
    scaled: np.ndarray = np.clip(known / max(largest, 1e-12), -1, 1)
    return scaled


def _strokes(axes: Any, x: np.ndarray, y: np.ndarray, strength: np.ndarray) -> None:
    """A thin line, with broad strokes in colour where it mattered."""
    axes.plot(x, y, color=LINE, linewidth=1.0)
    for sign, colour in ((1, FOR), (-1, AGAINST)):
        mine = np.clip(sign * strength, 0, 1)
        for first in np.flatnonzero(mine[:-1] > 0.03):
            axes.plot(x[first : first + 2], y[first : first + 2], color=colour, linewidth=1.2 + 5 * mine[first],
                      alpha=0.25 + 0.75 * float(mine[first]), solid_capstyle="butt")  # fmt: skip


def _past(figure: Any, record: Record, files: FileSource, explained: Explained) -> None:
    place, values = explained.place, explained.values["past"][0]
    series = series_of(record, files, explained.config["channel"], explained.config["step"])
    times = place["first"] + place["step"] * np.arange(len(values))
    first = round((place["first"] - series.first) / series.step)
    shown = series.values[first : first + len(values)] * series.factor
    unit, divisor = unit_of(float(times[-1] - times[0]))
    axes = axes_on(figure, (1, 1, 1))
    _strokes(axes, (times - times[-1]) / divisor, shown, _scaled(values))
    axes.set_xlabel(f"{unit} before the forecast begins", color=MUTED, fontsize=8)
    axes.set_ylabel(f"{series.name} {series.unit}".strip(), color=TEXT, fontsize=8)
    axes.grid(color="#27303c", linewidth=0.5)
    figure.subplots_adjust(left=0.08, right=0.98, top=0.90, bottom=0.13)


def _beats(figure: Any, record: Record, files: FileSource, explained: Explained) -> None:
    channel = ecg_channel(load(record, files))
    assert channel is not None  # the model was asked about it
    seconds, physical = channel.seconds(), channel.physical()
    strength = explained.values["shapes"]
    each = len(explained.parts) // len(strength)
    scale = _scaled(strength)
    for number, moment in enumerate(explained.place["moments"]):
        axes = axes_on(figure, (1, len(strength), number + 1))
        x = np.linspace(-BEFORE_S, AFTER_S, strength.shape[1])
        _strokes(axes, 1000 * x, np.interp(moment + x, seconds, physical), scale[number])
        name = explained.target.split(", ")[number] if explained.target.count(", ") + 1 == len(strength) else ""
        mine = explained.parts[number * each : (number + 1) * each]
        rhythm = 100 * abs(float(mine[-1])) / max(float(np.abs(mine).sum()), 1e-12)
        axes.set_title(f"{name} at {moment:.1f} s · rhythm {rhythm:.0f} %".strip(), color=TEXT, fontsize=9)
        axes.set_xlabel("ms from the beat", color=MUTED, fontsize=8)
        axes.grid(color="#27303c", linewidth=0.5)
    figure.subplots_adjust(left=0.07, right=0.98, top=0.82, bottom=0.13)


def _features(figure: Any, explained: Explained) -> None:
    values = explained.values["features"][0]
    chosen = np.argsort(-np.abs(values))[:MOST_FEATURES][::-1]
    axes = axes_on(figure, (1, 1, 1))
    axes.barh(range(len(chosen)), values[chosen], color=[FOR if values[one] > 0 else AGAINST for one in chosen])
    axes.set_yticks(range(len(chosen)), [NAMES[one] for one in chosen], color=TEXT, fontsize=9)
    axes.axvline(0, color=MUTED, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.set_xlabel("part in the answer (score)", color=MUTED, fontsize=8)
    axes.grid(axis="x", color="#27303c", linewidth=0.5)
    figure.subplots_adjust(left=0.28, right=0.97, top=0.90, bottom=0.13)
