"""Curves of a run as PNG, for reports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import Any

from medstation.api import Json

Curve = dict[float, float]
"""Epoch -> value."""

COLOURS = ("#4c9be8", "#e8a24c", "#9b7be8", "#4cc38a")


def curves(events: Iterable[Json]) -> dict[str, Curve]:
    """The curve of every metric in a run's log. A resumed run repeats an epoch: the last word counts."""
    found: dict[str, Curve] = {}
    for event in events:
        if event["event"] == "metric":
            for name, value in event["values"].items():
                found.setdefault(name, {})[float(event["epoch"])] = float(value)
    return found


def draw(titled: Mapping[str, Mapping[str, Curve]], level: Mapping[str, tuple[float, str]] | None = None) -> bytes:
    """One panel per title, side by side, each with its named curves; `level` adds a dashed line. PNG bytes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.2 * len(titled), 3.4), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    for index, (title, lines) in enumerate(titled.items()):
        axes = figure.add_subplot(1, len(titled), index + 1)
        _panel(axes, title, lines)
        if level and title in level:
            axes.axhline(level[title][0], linestyle="--", color="#4cc38a", label=level[title][1])
            axes.legend(frameon=False)
    out = BytesIO()
    figure.savefig(out, format="png")
    return out.getvalue()


def _panel(axes: Any, title: str, lines: Mapping[str, Curve]) -> None:
    for colour, (name, curve) in zip(COLOURS * len(lines), lines.items(), strict=False):
        epochs = sorted(curve)
        axes.plot(epochs, [curve[epoch] for epoch in epochs], label=name, color=colour, marker="o", markersize=2.5)
    axes.set_title(title, loc="left", fontsize=11)
    axes.set_xlabel("epoch")
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    if lines:
        axes.legend(frameon=False)


def run_chart(events: Iterable[Json], metric: str) -> bytes:
    """Loss and the deciding metric of a run."""
    found = curves(events)
    losses = {name.partition("/")[2]: curve for name, curve in found.items() if name.startswith("loss/")}
    measured = {name: curve for name, curve in found.items() if name.split()[0] == metric}
    if len(measured) == 2:  # one class: its curve is the whole one
        measured = {metric: measured[metric]}
    return draw({"Loss": losses, f"Validation {metric}": measured})
