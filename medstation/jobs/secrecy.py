"""What a process that knows keys and patients must not leave behind when it crashes: a copy of its memory."""

from __future__ import annotations

import sys


def leave_no_core() -> None:
    """No core file for this process and those it starts; a system that collects cores by a program keeps to it too."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
