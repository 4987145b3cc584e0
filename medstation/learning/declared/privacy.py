"""Settings: learning with differential privacy."""

from __future__ import annotations

from medstation.api import Setting

SETTINGS: tuple[Setting, ...] = ()
