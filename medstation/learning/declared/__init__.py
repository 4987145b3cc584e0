"""The settings of the techniques, in groups as the form shows them. Light: no torch here."""

from __future__ import annotations

from medstation.api import Setting
from medstation.learning.declared import adapting, compressing, knowledge, privacy, robustness

TECHNIQUE_SETTINGS: tuple[Setting, ...] = (
    *adapting.SETTINGS,
    *knowledge.SETTINGS,
    *privacy.SETTINGS,
    *robustness.SETTINGS,
    *compressing.SETTINGS,
)
