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


def draw(panels: Mapping[str, Mapping[str, Curve]], compared: Mapping[str, Json], metric: str) -> bytes:
    """A panel per title with its named curves, and one of the metric's values with their intervals. PNG bytes.

    `compared` is what was measured ("before", "after") -> {"value", "low", "high"}.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    widths = [5.2] * len(panels) + [3.4] * bool(compared)
    figure = Figure(figsize=(sum(widths), 3.4), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(1, len(widths), width_ratios=widths)
    for index, (title, lines) in enumerate(panels.items()):
        draw_curves(figure.add_subplot(grid[0, index]), title, lines)
    if compared:
        draw_intervals(figure.add_subplot(grid[0, len(panels)]), f"Test patients, {metric}", compared)
    out = BytesIO()
    figure.savefig(out, format="png")
    return out.getvalue()


def draw_curves(axes: Any, title: str, lines: Mapping[str, Curve]) -> None:
    """Named curves over the epochs."""
    for colour, (name, curve) in zip(COLOURS * len(lines), lines.items(), strict=False):
        epochs = sorted(curve)
        axes.plot(epochs, [curve[epoch] for epoch in epochs], label=name, color=colour, marker="o", markersize=2.5)
    axes.set_title(title, loc="left", fontsize=11)
    axes.set_xlabel("epoch")
    plain(axes)
    axes.legend(frameon=False)


def draw_intervals(axes: Any, title: str, compared: Mapping[str, Json]) -> None:
    """Named values with their intervals, side by side."""
    for place, one in enumerate(compared.values()):
        reach = [[one["value"] - one["low"]], [one["high"] - one["value"]]]
        colour = COLOURS[place % len(COLOURS)]
        axes.errorbar([place], [one["value"]], yerr=reach, fmt="o", capsize=5, color=colour)
        axes.annotate(f"{one['value']:.3g}", (place, one["value"]), (10, 0), textcoords="offset points", va="center")
    axes.set_xticks(range(len(compared)), list(compared))
    axes.set_xlim(-0.5, len(compared) - 0.3)
    axes.set_title(title, loc="left", fontsize=11)
    plain(axes)


def plain(axes: Any) -> None:
    """As all charts look: a faint grid, two axes."""
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)


def run_chart(events: Iterable[Json], metric: str, result: Json) -> bytes:
    """Loss and the deciding metric over the epochs, where there are epochs, and the proof: before beside after."""
    panels = run_panels(events, metric)
    return draw(panels, {name: result[name][metric] for name in ("before", "after")}, metric)


def run_panels(events: Iterable[Json], metric: str) -> dict[str, dict[str, Curve]]:
    """A run's curves by panel: the losses, and the deciding metric with those that belong to it."""
    found = curves(events)
    losses = {name.partition("/")[2]: curve for name, curve in found.items() if name.startswith("loss/")}
    measured = {name: curve for name, curve in found.items() if name.split()[0] == metric}
    if len(measured) == 2:  # one class: its curve is the whole one
        measured = {metric: measured[metric]}
    return {title: lines for title, lines in (("Loss", losses), (f"Validation {metric}", measured)) if lines}
