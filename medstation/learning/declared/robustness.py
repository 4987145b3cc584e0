"""Settings: learning to withstand noise and attacks."""

from __future__ import annotations

from medstation.api import Setting

SETTINGS: tuple[Setting, ...] = ()
