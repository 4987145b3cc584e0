"""The techniques, one file each; a run has those that its settings ask for, in the order of this table."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from medstation.api import resolve_ref
from medstation.learning.recipe import Settings

if TYPE_CHECKING:
    from medstation.learning.technique import Technique

Asked = Callable[[Settings], bool]

_TABLE: tuple[tuple[Asked, str], ...] = ()


def chosen(settings: Settings) -> tuple[Technique, ...]:
    """The techniques of a run, made anew for it."""
    return tuple(
        resolve_ref(f"medstation.learning.techniques.{ref}")(settings) for asked, ref in _TABLE if asked(settings)
    )
