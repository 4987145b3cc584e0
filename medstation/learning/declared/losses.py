"""Settings: what counts as wrong, and how much. For the recipes whose loss may be chosen. Light: no torch here."""

from __future__ import annotations

from medstation.api import Setting

LOSS = "Loss"

CLASS_LOSS: tuple[Setting, ...] = (
    Setting(
        "loss",
        "choice",
        "cross-entropy",
        "Loss",
        "focal counts what the model already knows well for less, so that rare and hard cases get more of its effort.",
        choices=("cross-entropy", "focal"),
        advanced=True,
        group=LOSS,
    ),
    Setting(
        "focal_gamma",
        "number",
        2.0,
        "Focus",
        "How much less a well-known case counts with the focal loss; 0 is cross-entropy.",
        minimum=0,
        maximum=10,
        advanced=True,
        group=LOSS,
    ),
)
"""For recipes that decide between classes by cross-entropy."""

CLASS_WEIGHTS = Setting(
    "class_weights",
    "switch",
    True,
    "Weigh classes",
    "Rare classes count as much as frequent ones.",
    advanced=True,
)

VALUE_LOSS: tuple[Setting, ...] = (
    Setting(
        "loss",
        "choice",
        "squared",
        "Loss",
        "squared forecasts the mean; quantile the value below which the outcome stays in the given share of times.",
        choices=("squared", "quantile"),
        advanced=True,
        group=LOSS,
    ),
    Setting(
        "quantile",
        "number",
        0.5,
        "Quantile",
        "0.5 is the median, which single extremes do not pull.",
        minimum=0.01,
        maximum=0.99,
        advanced=True,
        group=LOSS,
    ),
)
"""For recipes that learn values by their squared error."""
