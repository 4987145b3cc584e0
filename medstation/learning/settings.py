"""Settings that every recipe shares, declared once. Light: no torch here, since descriptors are read at start."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from medstation.api import Setting, SettingValue
from medstation.learning.declared import TECHNIQUE_SETTINGS

COMMON_SETTINGS: tuple[Setting, ...] = (
    Setting(
        "epochs",
        "integer",
        30,
        "Epochs",
        "How many times the training cases are gone through. 0 tests the starting point as it is.",
        minimum=0,
        maximum=10_000,
    ),
    Setting(
        "learning_rate",
        "number",
        1e-3,
        "Learning rate",
        "The size of a step. Lower it when the loss jumps or becomes NaN.",
        minimum=1e-8,
        maximum=10.0,
    ),
    Setting(
        "batch_size",
        "integer",
        2,
        "Batch size",
        "Samples computed together. More needs more memory.",
        unit="samples",
        minimum=1,
        maximum=1024,
    ),
    Setting(
        "patience",
        "integer",
        20,
        "Patience",
        "Training ends early after this many epochs without a better validation value. 0 never ends early.",
        unit="epochs",
        minimum=0,
        maximum=10_000,
    ),
    Setting(
        "time_limit",
        "number",
        0.0,
        "Time limit",
        "Training ends after this time and keeps the best so far. 0 is no limit.",
        unit="min",
        minimum=0,
        maximum=100_000,
    ),
    Setting(
        "optimizer",
        "choice",
        "adamw",
        "Optimizer",
        "adamw suits most networks; sgd (Nesterov momentum 0.9) needs a rate about ten times higher.",
        choices=("adamw", "sgd"),
        advanced=True,
    ),
    Setting(
        "schedule",
        "choice",
        "cosine",
        "Schedule",
        "How the learning rate falls after the warm-up: not at all, in a straight line, or along a half cosine.",
        choices=("cosine", "linear", "constant"),
        advanced=True,
    ),
    Setting(
        "warmup",
        "number",
        0.05,
        "Warm-up",
        "The part of all steps in which the learning rate rises from near 0 to its full value.",
        minimum=0,
        maximum=0.9,
        advanced=True,
    ),
    Setting(
        "accumulation",
        "integer",
        1,
        "Accumulation",
        "Batches whose gradients are added up before a step: a larger batch without more memory.",
        unit="batches",
        minimum=1,
        maximum=1024,
        advanced=True,
    ),
    Setting(
        "weight_decay",
        "number",
        0.01,
        "Weight decay",
        "How strongly weights are pulled towards 0. Norms and biases are left alone.",
        minimum=0,
        maximum=1,
        advanced=True,
    ),
    Setting(
        "gradient_clip",
        "number",
        1.0,
        "Gradient clipping",
        "The longest gradient allowed (its 2-norm over all weights). 0 does not clip.",
        minimum=0,
        maximum=1e6,
        advanced=True,
    ),
    Setting(
        "precision",
        "choice",
        "auto",
        "Precision",
        "fp32 is exact, bf16 is faster where the device computes it natively; auto takes bf16 only there.",
        choices=("auto", "fp32", "bf16"),
        advanced=True,
    ),
    Setting(
        "threads",
        "integer",
        0,
        "Processor cores",
        "Cores used for computing on the processor. 0 takes all of them.",
        unit="cores",
        minimum=0,
        maximum=1024,
        advanced=True,
    ),
)


SHARED_SETTINGS = (*COMMON_SETTINGS, *TECHNIQUE_SETTINGS)
"""What every recipe that the engine trains can be told."""


def common_settings(
    defaults: Mapping[str, SettingValue] | None = None, without: Collection[str] = ()
) -> tuple[Setting, ...]:
    """The shared settings, with a recipe's own defaults: `common_settings({"epochs": 60})`.

    `without` names those that make no sense for the recipe, or that it declares in its own way.
    """
    chosen = dict(defaults or {})
    unknown = (set(chosen) | set(without)) - {setting.name for setting in SHARED_SETTINGS}
    if unknown:
        raise ValueError(f"no shared setting is named {', '.join(sorted(unknown))}")
    return tuple(
        replace(setting, default=chosen.get(setting.name, setting.default))
        for setting in SHARED_SETTINGS
        if setting.name not in without
    )
