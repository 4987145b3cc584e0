"""The fine-tuning engine: one loop for every task, and the statistics that judge what it made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from medstation.learning.loop import fit
    from medstation.learning.recipe import Batch, Recipe

__all__ = ["Batch", "Recipe", "fit"]

_HOMES = {
    "fit": "medstation.learning.loop",
    "Recipe": "medstation.learning.recipe",
    "Batch": "medstation.learning.recipe",
}


def __getattr__(name: str) -> Any:
    """Import torch only when the loop itself is asked for: the window and the command line need just the statistics."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)
