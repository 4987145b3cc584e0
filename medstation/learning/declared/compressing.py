"""Settings: learning on with a model that was made smaller."""

from __future__ import annotations

from medstation.api import Setting

SETTINGS: tuple[Setting, ...] = (
    Setting(
        "keep_zeros",
        "switch",
        False,
        "Keep zeros",
        "Weights that are zero in the base, because it was pruned, stay zero.",
        advanced=True,
        group="Smaller models",
    ),
)
