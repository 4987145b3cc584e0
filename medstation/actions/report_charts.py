"""The pictures of a model's report. Each function gives something that draws into matplotlib axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from medstation.actions.charts import COLOURS, Curve, draw_curves, draw_intervals, plain
from medstation.actions.report_parts import Draw
from medstation.api import Json

MUTED = "#8a94a0"


def curves(title: str, lines: Mapping[str, Curve]) -> Draw:
    return lambda axes: draw_curves(axes, title, lines)


def compared(title: str, values: Mapping[str, Json]) -> Draw:
    return lambda axes: draw_intervals(axes, title, values)


def confusion(names: Sequence[str], table: Sequence[Sequence[int]]) -> Draw:
    """Truth in rows, what was said in columns; shaded by the share of the row."""

    def draw(axes: Any) -> None:
        shares = [[one / max(sum(row), 1) for one in row] for row in table]
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        for y, row in enumerate(table):
            for x, count in enumerate(row):
                colour = "white" if shares[y][x] > 0.6 else "black"
                axes.text(x, y, str(count), ha="center", va="center", color=colour, fontsize=9)
        axes.set_xticks(range(len(names)), names, rotation=20 if len(names) > 3 else 0, fontsize=8)
        axes.set_yticks(range(len(names)), names, fontsize=8)
        axes.set_xlabel("said")
        axes.set_ylabel("true")
        axes.set_title("Who is taken for whom", loc="left", fontsize=11)

    return draw


def roc(lines: Sequence[Json]) -> Draw:
    def draw(axes: Any) -> None:
        axes.plot([0, 1], [0, 1], color=MUTED, linewidth=0.8, linestyle="--")
        _lines(axes, lines, "roc", lambda one: f"{one['name']}: {one['area']['value']:.3f}")
        _unit(axes, "false positive rate", "sensitivity")
        axes.set_title("ROC, area", loc="left", fontsize=11)
        axes.legend(frameon=False, fontsize=8, loc="lower right")

    return draw


def precision_recall(lines: Sequence[Json]) -> Draw:
    def draw(axes: Any) -> None:
        _lines(axes, lines, "pr", lambda one: f"{one['name']}: {one['average_precision']:.3f}")
        _unit(axes, "recall", "precision")
        axes.set_title("Precision and recall, average", loc="left", fontsize=11)
        axes.legend(frameon=False, fontsize=8, loc="lower left")

    return draw


def _lines(axes: Any, lines: Sequence[Json], name: str, title: Any) -> None:
    for place, one in enumerate(lines):
        across, up = zip(*one[name], strict=True)
        axes.plot(across, up, color=COLOURS[place % len(COLOURS)], label=title(one), linewidth=1.6)


def reliability(sides: Mapping[str, Json]) -> Draw:
    """Confidence against the share that is right; on the diagonal it can be believed."""

    def draw(axes: Any) -> None:
        axes.plot([0, 1], [0, 1], color=MUTED, linewidth=0.8, linestyle="--")
        for place, (name, side) in enumerate(sides.items()):
            points = side["curve"]
            axes.plot(
                [one["confidence"] for one in points],
                [one["right"] for one in points],
                color=COLOURS[place],
                marker="o",
                markersize=3.5,
                linewidth=1.4,
                label=f"{name}: error {side['error']:.3f}",
            )
        _unit(axes, "confidence", "share that is right")
        axes.set_title("Reliability", loc="left", fontsize=11)
        axes.legend(frameon=False, fontsize=8, loc="upper left")

    return draw


def groups(title: str, values: Mapping[str, Json]) -> Draw:
    """A value with its interval for each group, one below the other."""

    def draw(axes: Any) -> None:
        for place, one in enumerate(values.values()):
            reach = [[one["value"] - one["low"]], [one["high"] - one["value"]]]
            axes.errorbar([one["value"]], [place], xerr=reach, fmt="o", capsize=4, color=COLOURS[0])
        axes.set_yticks(range(len(values)), list(values), fontsize=8)
        axes.set_ylim(len(values) - 0.5, -0.5)
        axes.set_title(title, loc="left", fontsize=11)
        plain(axes)

    return draw


def strengths(name: str, curve: Json, clean: Json, measure: str) -> Draw:
    """How a measure falls with the strength of a damage to the input."""

    def draw(axes: Any) -> None:
        points = [{"strength": 0.0, **clean}, *curve["points"]]
        across = [one["strength"] for one in points]
        axes.plot(across, [one["value"] for one in points], color=COLOURS[0], marker="o", markersize=3.5)
        axes.fill_between(
            across, [one["low"] for one in points], [one["high"] for one in points], color=COLOURS[0], alpha=0.15
        )
        axes.set_xlabel(f"strength, {curve['unit']}")
        axes.set_title(f"{name.capitalize()}: {measure}", loc="left", fontsize=11)
        plain(axes)

    return draw


def _unit(axes: Any, across: str, up: str) -> None:
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(-0.02, 1.02)
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    plain(axes)
