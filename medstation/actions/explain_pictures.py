"""The pictures of explanations: curves of the check beside the task's still, and the map of a data set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from medstation.api import Json


@dataclass(frozen=True)
class Tints:
    """Colours of a sheet."""

    ground: str
    text: str
    muted: str
    grid: str


DARK = Tints("#11151b", "#e4e9f0", "#929dac", "#27303c")
LIGHT = Tints("#ffffff", "#1b2430", "#6b7684", "#dde3ea")
INSERTION, DELETION = "#ff9d42", "#5aa2ff"
SIDE_INCHES, DPI = 3.1, 110
GAP = 10
WIDEST = 1100
"""Pixels of the still; larger ones are made smaller."""
MARKS = {"train": "o", "validation": "s", "test": "D"}


def beside(png: bytes, check: Json) -> bytes:
    """The task's still with the curves of the check to its right. PNG bytes."""
    from PIL import Image

    still = Image.open(BytesIO(png)).convert("RGB")
    corner: Any = still.convert("L").getpixel((0, 0))
    tints = LIGHT if corner > 128 else DARK
    still.thumbnail((WIDEST, WIDEST))
    curves = Image.open(BytesIO(_curves(check, still.height / DPI, tints))).convert("RGB")
    height = max(still.height, curves.height)
    whole = Image.new("RGB", (still.width + GAP + curves.width, height), tints.ground)
    whole.paste(still, (0, (height - still.height) // 2))
    whole.paste(curves, (still.width + GAP, (height - curves.height) // 2))
    return _png(whole)


def _png(image: Any) -> bytes:
    out = BytesIO()
    image.save(out, format="PNG", optimize=True)
    return out.getvalue()


def _curves(check: Json, inches: float, tints: Tints) -> bytes:
    figure, axes = _sheet(SIDE_INCHES, min(max(inches, 2.4), 3.4), tints)
    share = [100 * one for one in check["removed"]]
    axes.plot(share, check["insertion_curve"], color=INSERTION, marker="o", markersize=2.5, label="put back")
    axes.plot(share, check["deletion_curve"], color=DELETION, marker="o", markersize=2.5, label="taken away")
    axes.axhline(check["random"], color=tints.muted, linewidth=1, linestyle=":", label="by lot, mean")
    axes.set_title("The model's answer", loc="left", fontsize=9, color=tints.text)
    axes.set_xlabel("% of the parts, marked ones first", color=tints.muted, fontsize=8)
    axes.legend(frameon=False, fontsize=7.5, labelcolor=tints.text)
    return _saved(figure)


def draw_map(cases: Sequence[Json], metric: str, higher_is_better: bool) -> bytes:
    """The cases at "x", "y", coloured by "value" (their metric), formed by "part". PNG bytes."""
    figure, axes = _sheet(7.6, 5.6, DARK)
    values = [one["value"] for one in cases]
    low, high = min(values), max(max(values), min(values) + 1e-9)
    drawn: Any = None
    for part, mark in MARKS.items():
        mine = [one for one in cases if one["part"] == part]
        if mine:
            drawn = axes.scatter(
                [one["x"] for one in mine], [one["y"] for one in mine], c=[one["value"] for one in mine], marker=mark,
                cmap="RdYlBu" if higher_is_better else "RdYlBu_r", vmin=low, vmax=high, s=34, linewidths=0.4,
                edgecolors=DARK.ground,
            )  # fmt: skip
            axes.scatter([], [], marker=mark, color=DARK.muted, s=34, label=part)
    axes.set_xticks([])
    axes.set_yticks([])
    title = f"What the model knows of {len(cases)} cases, coloured by {metric}"
    axes.set_title(title, loc="left", fontsize=10, color=DARK.text)
    axes.legend(frameon=False, fontsize=8, labelcolor=DARK.text, loc="best")
    bar = figure.colorbar(drawn, ax=axes, fraction=0.04, pad=0.02)
    bar.ax.tick_params(colors=DARK.muted, labelsize=8)
    bar.outline.set_visible(False)
    bar.set_label(f"{metric}, red is wrong", color=DARK.muted, fontsize=8)
    return _saved(figure)


def _sheet(width: float, height: float, tints: Tints) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=DPI, facecolor=tints.ground, layout="constrained")
    axes = figure.add_subplot()
    axes.set_facecolor(tints.ground)
    axes.tick_params(colors=tints.muted, labelsize=8)
    axes.grid(color=tints.grid, linewidth=0.5)
    for side in axes.spines.values():
        side.set_visible(False)
    return figure, axes


def _saved(figure: Any) -> bytes:
    out = BytesIO()
    figure.savefig(out, format="png", facecolor=figure.get_facecolor())
    return out.getvalue()
