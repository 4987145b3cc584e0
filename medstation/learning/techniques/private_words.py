"""What a private run refuses beside itself, and what it says of its guarantee and of the guarantee's limits."""

from __future__ import annotations

import torch
from torch import nn

from medstation.api import Json, SettingValue, WrongUsage
from medstation.learning.recipe import Settings
from medstation.learning.technique import Stage

_BESIDE: tuple[tuple[str, SettingValue, str], ...] = (
    ("head_start", "fresh", "sets the head from the training cases without noise"),
    ("pseudo_labels", 0.0, "adds cases that the guarantee does not count"),
    ("rehearsal", 0.0, "adds cases that the guarantee does not count"),
    ("ewc", 0.0, "measures earlier cases without noise"),
    ("teacher", "", "copies a model that learnt the same cases without noise"),
)
"""Settings that would carry data past the noise, with their value when off and what they do."""


def checked_settings(settings: Settings) -> None:
    """`WrongUsage` for a technique that would make the guarantee untrue."""
    for name, off, does in _BESIDE:
        if settings.get(name, off) != off:
            raise WrongUsage(f"{name} cannot be used with epsilon: it {does}", f"Leave {name} out, or set epsilon=0.")


def notes_of(privacy: Json, stage: Stage) -> list[str]:
    """Sentences for the run page and the card."""
    made = [
        f"Private learning: epsilon {privacy['budget']:g} at delta {privacy['delta']:.2g} for each training patient; "
        f"noise {privacy['noise']:.3g}, clipping {privacy['clip']:g}, each patient is in a step with chance "
        f"{privacy['rate']:.3g}. Noise and draws come from the system's generator: the seed does not repeat this run.",
        "The guarantee is for the weights. It does not cover validation and test patients, curves and measurements, "
        "nor what the recipe notes of the training cases before it learns (classes, their counts, means, word lists).",
    ]
    if stage.request.base:
        made.append(f"What the base model {stage.request.base.name} learnt before is not covered either.")
    if _has_batch_norm(stage):
        made.append("Batch norms were replaced by group norms, which do not mix patients.")
    return made


def _has_batch_norm(stage: Stage) -> bool:
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        plain = stage.recipe.build(stage.config)
    return any(isinstance(module, nn.modules.batchnorm._BatchNorm) for module in plain.modules())
