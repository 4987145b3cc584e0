"""Settings: which parts of a network learn, and how fast."""

from __future__ import annotations

from medstation.api import Setting

SETTINGS: tuple[Setting, ...] = ()
