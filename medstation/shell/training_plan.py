"""What a person asks for when a fine-tuning is started."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from medstation.api import SettingValue


@dataclass(frozen=True)
class Plan:
    """What the form asks for. `base` is a model id, "" for from scratch; `name` "" lets the action choose one.

    `series` is "" for one training, or what `medstation.actions.series` calls several.
    """

    recipe: str
    dataset: str
    base: str
    settings: Mapping[str, SettingValue]
    name: str = ""
    seed: int = 0
    series: str = ""
