"""Settings: learning from a teacher, from earlier cases and from cases without labels."""

from __future__ import annotations

from medstation.api import Setting

SETTINGS: tuple[Setting, ...] = ()
